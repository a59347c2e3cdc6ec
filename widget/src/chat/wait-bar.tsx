import type { WaitOffer } from '@parley/sdk/protocol.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';
import { LaterForm } from './later-form.tsx';
import { Promises } from './promises.tsx';
import { waitSentences } from './wait-words.ts';

/**
 * Where a visitor who waits stands, and what they can choose instead. It goes when somebody has them.
 * The place for it is always there: only what changes in a region that was there before is read out.
 */
export function WaitBar() {
  const { session, words, focusComposer } = useScope();
  const { view } = session;
  const wait = view?.conversation?.status === 'queued' ? view.wait : undefined;
  const [chosen, setChosen] = useState<WaitOffer>();
  const [promised, setPromised] = useState<WaitOffer>();
  const offerButtons = useRef<HTMLDivElement>(null);
  const conversationId = view?.id;
  useEffect(() => setPromised(undefined), [conversationId]);
  const [asked, setAsked] = useState(0);
  const sentences = wait && waitSentences(wait, words);
  const offers = wait?.offers ?? [];
  // Who fills in a form while an agent comes keeps what they have written, until they see that somebody is there.
  const open =
    chosen !== undefined && (offers.includes(chosen) || wait === undefined) && view?.conversation !== undefined;
  const isOver = view?.conversation?.status === 'agent' || view?.conversation?.status === 'closed';

  function decline(): void {
    for (const offer of offers) {
      // Offered again at the next look where it did not arrive.
      session.api.call('POST', '/api/v1/visitor/wait/decline', { offer }).catch(() => undefined);
    }
    focusComposer();
  }
  function done(offer: WaitOffer): void {
    setChosen(undefined);
    setPromised(offer);
    setAsked(asked + 1);
    focusComposer();
  }
  return (
    <>
      <div role="status">
        {sentences !== undefined && (
          <p class="wait">
            {sentences.place !== undefined && <strong>{sentences.place} </strong>}
            {sentences.wait}
            {sentences.moved !== undefined && <span class="moved"> {sentences.moved}</span>}
          </p>
        )}
        {promised !== undefined && <p class="wait promised">{words.promised[promised]}</p>}
      </div>
      <Promises asked={asked} onWithdrawn={() => setPromised(undefined)} />
      {open && !isOver ? (
        <LaterForm offer={chosen} onDone={() => done(chosen)} onCancel={() => setChosen(undefined)} />
      ) : (
        offers.length > 0 && (
          <div class="wait-offers" ref={offerButtons}>
            {offers.map((offer) => (
              <button type="button" class="choice" key={offer} onClick={() => setChosen(offer)}>
                {words.offers[offer]}
              </button>
            ))}
            <button type="button" class="plain" onClick={decline}>
              {words.waitOn}
            </button>
          </div>
        )
      )}
    </>
  );
}
