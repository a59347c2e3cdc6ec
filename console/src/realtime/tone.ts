let audio: AudioContext | undefined;

/** Soft notes, in Hz: two that rise for what customers do, and three that fall for a word of a supervisor. */
const tones = { message: [660, 880], whisper: [784, 659, 523] } as const;

/** Notes that are made here: no file to load. Browsers keep it silent until the person has used the page once. */
export function playTone(kind: keyof typeof tones = 'message'): void {
  audio ??= new AudioContext();
  const context = audio;
  if (context.state === 'suspended') void context.resume();
  const start = context.currentTime;
  for (const [index, frequency] of tones[kind].entries()) {
    const at = start + index * 0.14;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.32);
  }
}
