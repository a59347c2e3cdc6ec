import { Refusal } from '../gateway/refusal.ts';

/** How a customer can be reached. */
export interface ContactDetails {
  readonly name: string | null;
  readonly phone: string | null;
  readonly email: string | null;
}

/** The longest address that mail knows (RFC 5321). */
const longestEmail = 254;
/** Fewer digits are no number that could be called from elsewhere; more than E.164 and an extension know there are not. */
const digits = { least: 5, most: 20 };

/**
 * What a customer has given us, in the form in which it is kept.
 *
 * @throws Refusal `bad-request` with the field, in words for the customer
 */
export function readContactDetails(given: { name?: string; phone?: string; email?: string }): ContactDetails {
  return {
    name: given.name?.trim().slice(0, 200) || null,
    phone: given.phone?.trim() ? readPhone(given.phone) : null,
    email: given.email?.trim() ? readEmail(given.email) : null,
  };
}

function readPhone(given: string): string {
  // Full-width digits are what a Chinese keyboard writes.
  const text = given.normalize('NFKC').trim();
  const count = text.replace(/\D/g, '').length;
  const isPhone = /^\+?[\d\s().\-/]+((ext\.?|x|#)\s*\d{1,6})?$/i.test(text);
  if (isPhone && count >= digits.least && count <= digits.most) return text.replace(/\s+/g, ' ').slice(0, 64);
  throw refused('phone', 'expected a phone number, such as +49 30 123456');
}

function readEmail(given: string): string {
  const text = given.normalize('NFKC').trim();
  if (text.length <= longestEmail && /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+$/.test(text)) return text;
  throw refused('email', 'expected an e-mail address, such as name@example.com');
}

function refused(field: string, what: string): Refusal {
  return new Refusal('bad-request', `${field}: ${what}.`, { field });
}
