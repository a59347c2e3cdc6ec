import type { CallBackState, WaitOffer } from '@parley/sdk/protocol.ts';
import { useEffect, useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';

type Promised = { readonly id: string; readonly kind: 'call-back' | 'message'; readonly state: CallBackState };

const offerOf = ({ kind }: Promised): WaitOffer => (kind === 'message' ? 'message-form' : kind);

/**
 * What was promised to the visitor and is still to be done, each with the way out of it.
 *
 * @param props.asked counts what was asked for here: with each it is looked for anew
 */
export function Promises(props: { asked: number; onWithdrawn: () => void }) {
  const { session, words, focusComposer } = useScope();
  const { view } = session;
  const [items, setItems] = useState<readonly Promised[]>([]);
  const [said, setSaid] = useState<string>();
  const [busy, setBusy] = useState(false);
  // Who never filled in a form was promised nothing.
  const form = view?.messages.findLast(({ content, direction }) => content.type === 'form' && direction === 'in');
  const status = view?.conversation?.status;
  // With each of these there may be others.
  useEffect(() => {
    let isCurrent = true;
    const show = (next: readonly Promised[]) => {
      if (isCurrent) setItems(next);
    };
    if (form === undefined) show([]);
    else {
      session.api
        .call<{ items: Promised[] }>('GET', '/api/v1/visitor/call-backs')
        .then((answer) => show(answer.items))
        // Looked for again with the next change.
        .catch(() => undefined);
    }
    return () => {
      isCurrent = false;
    };
  }, [view?.id, form?.seq, status, props.asked]);
  useEffect(() => setSaid(undefined), [view?.id, props.asked]);

  async function withdraw(one: Promised): Promise<void> {
    if (busy) return;
    setBusy(true);
    try {
      await session.api.call('POST', `/api/v1/visitor/call-backs/${encodeURIComponent(one.id)}/cancel`, {});
      setItems(items.filter(({ id }) => id !== one.id));
      setSaid(words.promiseWithdrawn[offerOf(one)]);
      props.onWithdrawn();
      focusComposer();
    } catch {
      setSaid(words.withdrawFailed);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <div role="status">{said !== undefined && <p class="wait">{said}</p>}</div>
      {items.length > 0 && (
        <div class="wait-offers">
          {items.map((one) => (
            <button type="button" class="plain" key={one.id} disabled={busy} onClick={() => withdraw(one)}>
              {words.withdrawPromise[offerOf(one)]}
            </button>
          ))}
        </div>
      )}
    </>
  );
}
