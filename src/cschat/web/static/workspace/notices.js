/**
 * Tells an agent who looks elsewhere that somebody waits or has written to them: a notice of the system, and a short sound.
 *
 * May: tell, if the agent has turned it on. May not: tell while the page is in sight.
 */

const KEPT = "cschat.notices";
const TOGETHER = 4000;

export class Notices {
  constructor(app) {
    this.app = app;
    this.on = localStorage.getItem(KEPT) === "on" && globalThis.Notification?.permission === "granted";
    this.last = 0;
    app.listen((event) => this.#hear(event));
  }

  async turn(on) {
    const { app } = this;
    const granted = on && globalThis.Notification && (await Notification.requestPermission()) === "granted";
    this.on = Boolean(granted);
    localStorage.setItem(KEPT, this.on ? "on" : "off");
    if (on && !granted) app.toast(app.t("notices_refused"), { kind: "error" });
  }

  #hear(event) {
    if (!this.on || !document.hidden) return;
    const { app } = this;
    if (event.type === "AgentRequested" && app.me.status === "available") this.#tell(event.subject, app.t("arrived_queue"), "");
    else if (event.type === "Assigned" && event.body.agent === app.me.id && event.body.how !== "claim") this.#tell(event.subject, app.t("line_assigned", { name: app.me.name }), "");
    else if (event.type === "MessageSent" && event.body.author === "customer") this.#wrote(event);
  }

  async #wrote(event) {
    const { app } = this;
    try {
      const [session, [glance]] = await app.client.askAll([["GetSession", { session: event.subject }], ["Glances", { sessions: [event.subject] }]]);
      if (session.agent === app.me.id) this.#tell(event.subject, app.t("arrived_mine", { name: glance.customer.name || app.t("anonymous") }), event.body.content.text);
    } catch (problem) {
      console.warn("cschat: who wrote could not be asked for", problem);
    }
  }

  #tell(session, title, body) {
    const { app } = this;
    const notice = new Notification(title, { body, tag: session });
    notice.onclick = () => {
      window.focus();
      app.go(`sessions/${session}`);
      notice.close();
    };
    if (Date.now() - this.last > TOGETHER) this.#sound();
    this.last = Date.now();
  }

  /** Two soft tones. */
  #sound() {
    this.audio ??= new AudioContext();
    const { audio } = this;
    for (const [at, tone] of [[0, 660], [0.14, 880]]) {
      const start = audio.currentTime + at;
      const voice = audio.createOscillator();
      const volume = audio.createGain();
      voice.frequency.value = tone;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.25);
      voice.connect(volume).connect(audio.destination);
      voice.start(start);
      voice.stop(start + 0.26);
    }
  }
}
