// Two soft notes when an answer comes.
// May: play. May not: play before the customer has touched the page (browsers forbid it), or when it is switched off.

let audio = null;

/** Be ready: called when the customer does something. */
export function ready() {
  audio ??= globalThis.AudioContext ? new AudioContext() : null;
  if (audio?.state === "suspended") audio.resume().catch(() => undefined);
}

/** Play. */
export function chime() {
  if (audio?.state !== "running") return;
  [659, 880].forEach((pitch, at) => {
    const start = audio.currentTime + at * 0.11;
    const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.08, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  });
}
