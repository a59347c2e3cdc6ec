import { Gone, Rejected, RetryAfter, type Sent } from '../../gateway/channel-adapter.ts';

/** An endpoint may ask for patience, but not for ever. */
const maxRetryAfterMs = 24 * 3_600_000;

/** An answer that a deployment may give for a moment is tried this many times before it counts. */
const attemptsBeforeRejected = 4;

/** What the endpoint said, and what is to be shown to the operator about it. */
export interface EndpointVerdict {
  readonly outcome: Sent | Rejected | RetryAfter | Gone;
  /** Why a person has to look, where one has to. */
  readonly trouble?: string;
}

/**
 * Judges the endpoint's answer to one event. 2xx is success, as Standard Webhooks says; a redirect is not followed and
 * is a failure; what a deployment may answer for a moment (404 and its like) is tried a few times; a refusal of our
 * signature puts it off until a person has seen to it; 410 ends it.
 *
 * @param now epoch milliseconds, for a Retry-After that is a date
 */
export function judgeAnswer(answer: EndpointAnswer, attempt: number, now: number): EndpointVerdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { outcome: sentAs(answer.body) };
  const reason = `The endpoint answered ${status}.`;
  const platformCode = String(status);
  if (status === 410) return { outcome: new Gone('channel', `${reason} It is gone for good.`), trouble: reason };
  if (isForLater(status)) {
    const afterMs = retryAfterMs(answer.retryAfter, now);
    return { outcome: new RetryAfter(reason, afterMs === undefined ? {} : { afterMs }) };
  }
  const trouble = troubleWith(status);
  const isPutOff = isRefusal(status) || attempt < attemptsBeforeRejected;
  const outcome = isPutOff ? new RetryAfter(reason) : new Rejected(trouble ?? reason, { platformCode });
  return trouble === undefined ? { outcome } : { outcome, trouble };
}

export interface EndpointAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

function isForLater(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Of our signature: a secret that is being changed, or a clock that is off, is no fault of the message. */
function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

function troubleWith(status: number): string | undefined {
  if (status >= 300 && status < 400)
    return `The endpoint redirects (${status}), which is not followed: enter its final address.`;
  if (isRefusal(status))
    return `The endpoint refused us (${status}): do both sides have the same secret, and the right time?`;
  return undefined;
}

/** Seconds or an HTTP date; nothing where it is neither. */
function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const trimmed = header.trim();
  const afterMs = /^\d+$/.test(trimmed) ? Number(trimmed) * 1000 : Date.parse(trimmed) - now;
  return Number.isNaN(afterMs) ? undefined : Math.min(Math.max(afterMs, 0), maxRetryAfterMs);
}

/** The endpoint may name the message in its own words: `{"externalId": "…"}`. Any other body is as good as none. */
function sentAs(body: string): Sent {
  try {
    const parsed: unknown = JSON.parse(body);
    const externalId =
      typeof parsed === 'object' && parsed !== null && 'externalId' in parsed ? parsed.externalId : undefined;
    const isId =
      typeof externalId === 'string' && externalId !== '' && externalId.length <= 191 && externalId.isWellFormed();
    return isId && !externalId.includes('\0') ? { externalId } : {};
  } catch {
    return {};
  }
}
