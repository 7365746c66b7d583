/**
 * What the workspace knows of the desk as a whole, kept fresh: people, labels, the numbers on the tabs.
 *
 * May: ask for lists that are short, and ask again when an event says that they have changed. May not: draw, or hold sessions.
 */

const TEAM = /^(Agent|Group)/;
const LABELS = /^(Category|Tag)(Added|Changed)$/;
const COUNTED = new Set([
  "Opened", "OpenedByAgent", "AgentRequested", "MessageLeft", "MovedToIntake", "ReturnedToBot", "Assigned", "OfferPassed", "Transferred",
  "Released", "Ended", "WrappedUp", "Reopened", "ForceClosed",
]);
const COUNT_AFTER = 250;
const MOST = 200;

export class Desk {
  constructor(client, me) {
    this.client = client;
    this.me = me;
    this.counts = { bot: 0, queued: 0, active: 0, intake: 0, wrap_up: 0, closed: 0, mine: 0, unread: 0 };
    this.mine = new Set();
    this.heard = new Set();
    this.due = {};
  }

  async load() {
    [this.brand, this.agents, this.groups, this.categories, this.tags, this.customerTags] = await this.client.askAll([
      ["GetBrand"],
      ["Agents"],
      ["Groups"],
      ["Categories"],
      ["Tags", { list: "session" }],
      ["Tags", { list: "customer" }],
    ]);
    this.away = new Map();
    this.#index();
    await this.#count();
  }

  listen(hear) {
    this.heard.add(hear);
    return () => this.heard.delete(hear);
  }

  /** An agent by id, also one who works here no more (once they have been asked for). */
  agent(id) {
    return this.byId.get(id) ?? this.away.get(id) ?? this.#ask(id);
  }

  group(id) {
    return this.groups.find((group) => group.id === id);
  }

  category(id) {
    return this.categories.find((category) => category.id === id);
  }

  hear(event) {
    if (TEAM.test(event.type)) this.#soon("team", () => this.#team());
    if (LABELS.test(event.type)) this.#soon("labels", () => this.#labels());
    if (event.type === "BrandChanged") this.#soon("brand", () => this.#brand());
    const read = event.type === "MessageSent" || event.type === "MessagesRead";
    if (COUNTED.has(event.type) || (read && this.mine.has(event.subject))) this.#soon("counts", () => this.#count());
  }

  /** After a pause in the stream: everything may be another. */
  refresh() {
    for (const [what, ask] of [["team", () => this.#team()], ["labels", () => this.#labels()], ["counts", () => this.#count()]]) {
      this.#soon(what, ask);
    }
  }

  #soon(what, ask) {
    if (this.due[what]) return;
    this.due[what] = setTimeout(async () => {
      this.due[what] = null;
      try {
        await ask();
      } catch (problem) {
        console.warn(`cschat: ${what} could not be asked for`, problem);
      }
    }, COUNT_AFTER);
  }

  async #count() {
    const [counts, mine] = await this.client.askAll([["CountsByState"], ["ConsultingList", { wrap_up: true }]]);
    const ids = mine.map((session) => session.id).slice(0, MOST);
    const glances = ids.length ? await this.client.ask("Glances", { sessions: ids }) : [];
    this.mine = new Set(ids);
    this.counts = { ...counts, mine: mine.length, unread: glances.filter((glance) => glance.unread > 0).length };
    this.#say("counts");
  }

  async #team() {
    [this.agents, this.groups] = await this.client.askAll([["Agents"], ["Groups"]]);
    this.#index();
    this.me = this.byId.get(this.me.id) ?? this.me;
    this.#say("team");
    this.#say("me");
  }

  async #labels() {
    [this.categories, this.tags, this.customerTags] = await this.client.askAll([
      ["Categories"],
      ["Tags", { list: "session" }],
      ["Tags", { list: "customer" }],
    ]);
    this.#say("labels");
  }

  async #brand() {
    this.brand = await this.client.ask("GetBrand");
    this.#say("brand");
  }

  #index() {
    this.byId = new Map(this.agents.map((agent) => [agent.id, agent]));
  }

  #ask() {
    if (!this.asked) {
      this.asked = this.client.ask("Agents", { removed: true }).then((gone) => {
        this.away = new Map(gone.map((agent) => [agent.id, agent]));
        this.#say("team");
      }, () => {});
    }
    return undefined;
  }

  #say(what) {
    for (const hear of [...this.heard]) hear(what);
  }
}
