import type { OutboundFetch } from '../../gateway/channel-fetch.ts';
import type { CallResult, FlowCall } from './run-flow.ts';

/** So much of an answer is read. */
const mostBytes = 64 * 1024;

/**
 * Calls an address for a flow, once: whoever answers knows a repeat by the key. Addresses lead to the internet alone, but for
 * those that the operator opened.
 */
export async function callForFlow(
  fetch: OutboundFetch,
  { method, url, body, timeoutMs }: FlowCall,
  { key, signal }: { key: string; signal: AbortSignal },
): Promise<CallResult> {
  try {
    const hasBody = method === 'POST' && body !== '';
    const answer = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        'idempotency-key': key,
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
      },
      ...(hasBody ? { body } : {}),
      timeoutMs,
      maxBytes: mostBytes,
      signal,
    });
    const text = await answer.text();
    return { kind: 'answered', status: answer.status, body: asJson(text) };
  } catch (error) {
    return { kind: 'failed', why: (error as Error).message };
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
