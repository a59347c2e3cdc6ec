/**
 * The public surface of the widget on a host page: `window.Parley(command, …)`.
 *
 * Before the script has loaded, a page may queue its calls with this line of its own:
 * `window.Parley ||= (...call) => { (Parley.q ||= []).push(call) }`
 */

export type Locale = 'en' | 'zh-CN';
/** `auto`: as the visitor's system wishes. */
export type Theme = 'auto' | 'light' | 'dark';

/** Who is signed in on the host page, with the proof that its server made (docs/channels/web.md). */
export type Identity = { externalId: string; hash: string; name?: string; email?: string } | { jwt: string };

/** What a page can ask for; the value is what follows the command's name. */
export type Commands = {
  open: [];
  close: [];
  toggle: [];
  /** Continues as this person, on every device. Call it on each page where somebody is signed in. */
  identify: [identity: Identity];
  setLocale: [locale: Locale];
  setTheme: [theme: Theme];
  /** Says something in the visitor's name, as if typed and sent. */
  sendMessage: [text: string];
  /** Puts a text into the composer, for the visitor to send. */
  prefill: [text: string];
  /** The person signed out: forgets them in this browser. */
  reset: [];
  /** Takes the widget off the page. What was said stays. */
  destroy: [];
  on: { [E in keyof WidgetEvents]: [event: E, listener: (data: WidgetEvents[E]) => void] }[keyof WidgetEvents];
};

export type WidgetEvents = {
  open: undefined;
  close: undefined;
  /** How many messages wait to be read. */
  unread: number;
  /** Somebody answered, while the page was open. */
  message: { text: string };
  /** A command failed: an identity that is not proved, for instance. */
  error: { code: string; message: string };
};

export type Call = { [C in keyof Commands]: [command: C, ...Commands[C]] }[keyof Commands];

export interface ParleyFunction {
  <E extends keyof WidgetEvents>(command: 'on', event: E, listener: (data: WidgetEvents[E]) => void): void;
  (...call: Call): void;
  /** Calls that wait for the script. */
  q?: Call[];
  /** Set by the loader: a second script tag does nothing. */
  loaded?: true;
}

declare global {
  interface Window {
    Parley?: ParleyFunction;
  }
}
