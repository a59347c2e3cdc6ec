import { type Answer, refusal } from './simulated-answer.ts';

const hour = 60 * 60_000;
const minute = 60_000;
/** "Typing" is shown for this long, and only this long after the user did something. */
const typingMs = 15_000;
const interactionMs = 30_000;

type Follower = {
  follows: boolean;
  actedAt: number;
  replies: { left: number; until: number };
  typingUntil: number;
};

/** Who follows the account, and what may be said to each: the reply window ("客服消息" of a service account). */
export function createFollowers({ now, repliesPerMessage }: { now: () => number; repliesPerMessage: number }) {
  const followers = new Map<string, Follower>();

  /** A new action resets the count; counts do not add up. Undefined for what allows nothing. */
  function allowedBy({ MsgType, Event, bizmsgmenuid }: Readonly<Record<string, string | number>>) {
    const briefly = { left: 3, until: now() + minute };
    // A pressed entry of a menu message counts as a press, not as a message.
    if (MsgType !== 'event') {
      return bizmsgmenuid === undefined ? { left: repliesPerMessage, until: now() + 48 * hour } : briefly;
    }
    const allows = ['subscribe', 'scan', 'click', 'scancode_push', 'scancode_waitmsg'];
    return allows.includes(String(Event).toLowerCase()) ? briefly : undefined;
  }

  return {
    /** The user did what the callback says. */
    act: (fields: Readonly<Record<string, string | number>>): void => {
      const name = String(fields.FromUserName);
      followers.set(name, {
        follows: String(fields.Event).toLowerCase() !== 'unsubscribe',
        actedAt: now(),
        replies: allowedBy(fields) ?? followers.get(name)?.replies ?? { left: 0, until: 0 },
        typingUntil: 0,
      });
    },

    /** Counts one message to the user, or says why it may not be sent. */
    takeReply: (name: string): Answer | undefined => {
      const follower = followers.get(name);
      if (follower === undefined) return refusal(40_003, 'invalid openid');
      if (!follower.follows) return refusal(43_004, 'require subscribe');
      if (follower.replies.until <= now()) return refusal(45_015, 'response out of time limit');
      if (follower.replies.left <= 0) return refusal(45_047, 'out of response count limit');
      follower.replies.left--;
      follower.typingUntil = 0;
      return undefined;
    },

    takeTyping: (name: string, command: 'Typing' | 'CancelTyping'): Answer | undefined => {
      const follower = followers.get(name);
      if (follower === undefined || follower.actedAt + interactionMs < now()) {
        return refusal(45_080, 'no interaction');
      }
      if (command === 'Typing' && follower.typingUntil > now()) return refusal(45_081, 'typing already');
      follower.typingUntil = command === 'Typing' ? now() + typingMs : 0;
      return undefined;
    },
  };
}
