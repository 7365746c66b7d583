/**
 * Who answers: agents with what each may have at once, and the groups that they are in.
 *
 * May: add, change and remove agents and groups. May not: assign work.
 */

import { fill } from "../../shared/dom.js";
import { avatar } from "../marks.js";
import { choice, number, several, text } from "./forms.js";
import { badge, carry, confirm, edit, listed, row, tool } from "./rows.js";

export async function draw(page) {
  const { app, t, place, signal } = page;
  const [agents, groups] = await app.client.askAll([["Agents"], ["Groups"]], { signal });
  const names = (ids) => ids.map((id) => groups.find((group) => group.id === id)?.name).filter(Boolean);
  fill(
    place,
    listed(page, {
      title: t("team_agents"), note: t("team_agents_note"), none: t("team_none"), add: [t("team_add"), () => agentForm(page, groups, null)],
      rows: agents.map((agent) =>
        row(page, {
          name: agent.name, more: [agent.email, names(agent.groups).join(", "), t("team_capacity_of", { n: agent.capacity })].filter(Boolean).join(" · "),
          mark: avatar(agent, { status: agent.status }), badges: [agent.role === "admin" ? badge(t("team_admin"), "blue") : null, agent.user_id ? null : badge(t("team_no_user"), "amber")], open: () => agentForm(page, groups, agent),
        }),
      ),
    }),
    listed(page, {
      title: t("team_groups"), note: t("team_groups_note"), none: t("team_no_groups"), add: [t("team_add_group"), () => groupForm(page, null)],
      rows: groups.map((group) => {
        const members = agents.filter((agent) => agent.groups.includes(group.id));
        return row(page, {
          name: group.name, more: members.map((agent) => agent.name).join(", ") || t("team_empty_group"), badges: [badge(t("team_members", { n: members.length }))], open: () => groupForm(page, group),
          tools: [tool("trash", t("set_remove_named", { name: group.name }), () => confirm(page, { title: t("team_remove_group"), text: t("team_remove_group_text", { name: group.name }), action: t("set_remove"), then: () => carry(page, "RemoveGroup", { group: group.id }, "set_removed") }))],
        });
      }),
    }),
  );
}

function agentForm(page, groups, agent) {
  const { app, t } = page;
  edit(
    page,
    t(agent ? "team_change" : "team_add"),
    () => {
      const fields = [
        text(t, { name: "name", label: t("team_name"), hint: t("team_name_hint"), value: agent?.name, limit: 100, required: true, example: t("team_name_example") }),
        text(t, { name: "user_id", label: t("team_user"), hint: t("team_user_hint"), value: agent?.user_id ?? "", optional: true, example: "mina" }),
        text(t, { name: "email", label: t("team_email"), hint: t("team_email_hint"), value: agent?.email, type: "email", optional: true, example: "mina@shop.example" }),
        text(t, { name: "image", label: t("team_image"), hint: t("team_image_hint"), value: agent?.image, limit: 2000, mode: "url", optional: true }),
        choice(t, { name: "role", label: t("team_role"), value: agent?.role ?? "agent", choices: [["agent", t("team_role_agent"), t("team_role_agent_note")], ["admin", t("team_role_admin"), t("team_role_admin_note")]] }),
        number(t, { name: "capacity", label: t("team_capacity"), hint: t("team_capacity_hint"), value: agent?.capacity ?? 10, unit: t("team_sessions"), most: 1000, required: true }),
        number(t, { name: "auto_limit", label: t("team_auto"), hint: t("team_auto_hint"), value: agent?.auto_limit ?? 10, unit: t("team_sessions"), most: 1000, required: true }),
      ];
      if (groups.length) fields.push(several(t, { name: "groups", label: t("team_groups"), value: agent?.groups ?? [], choices: groups.map((group) => [group.id, group.name]) }));
      return {
        fields, layout: fields.map(({ node }) => node),
        save({ user_id, ...values }) {
          const user = user_id ? { user_id } : {};
          return agent ? app.client.do("ChangeAgent", { agent: agent.id, ...values, ...user }) : app.client.do("AddAgent", { ...values, ...user });
        },
      };
    },
    agent && agent.id !== app.me.id
      ? (done) => remove(page, agent, done)
      : null,
  );
}

function remove(page, agent, done) {
  const { app, t } = page;
  const button = tool("trash", t("team_remove"), () =>
    confirm(page, {
      title: t("team_remove"), text: t("team_remove_text", { name: agent.name }), action: t("set_remove"),
      then: async () => {
        await app.client.do("RemoveAgent", { agent: agent.id });
        done("set_removed");
      },
    }));
  button.className = "button danger";
  button.append(t("team_remove"));
  return button;
}

function groupForm(page, group) {
  const { app, t } = page;
  edit(page, t(group ? "team_change_group" : "team_add_group"), () => {
    const name = text(t, { name: "name", label: t("team_group_name"), value: group?.name, limit: 100, required: true, example: t("team_group_example") });
    return { fields: [name], layout: name.node, save: (values) => (group ? app.client.do("ChangeGroup", { group: group.id, ...values }) : app.client.do("AddGroup", values)) };
  });
}
