import type { RatingContent } from '@parley/sdk/protocol.ts';
import { useEffect, useId, useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';

type Survey = { conversationId: string; score: number | null; comment: string | null; isOpen: boolean };
type Answer = { survey: Survey | null };

const path = '/api/v1/visitor/survey';
/** Drawn here: of emoji every system has its own, and some have not all five. */
const mouths = {
  1: 'M8 17c1.2-2.6 6.8-2.6 8 0',
  2: 'M8.5 16.3c1.5-1.3 5.5-1.3 7 0',
  3: 'M8.5 15.5h7',
  4: 'M8.5 14.7c1.5 1.5 5.5 1.5 7 0',
  5: 'M7.8 13.8c1 4 7.4 4 8.4 0z',
} as const;
const scores = [1, 2, 3, 4, 5] as const;

/**
 * How it was, once the conversation is over: one tap, words if one wishes, and for a day one may think better of it. The answer is no
 * message: it is asked of the server and lives there, so that every window shows the same.
 */
export function SurveyEntry({ shape }: { shape: NonNullable<RatingContent['survey']> }) {
  const { session, words } = useScope();
  const legend = useId();
  const field = useId();
  const [survey, setSurvey] = useState<Survey | null>();
  const [said, setSaid] = useState<string>();
  const [told, setTold] = useState<'thanks' | 'failed'>();
  const [busy, setBusy] = useState(false);

  const isConnected = session.status?.state !== 'offline';
  useEffect(() => {
    let isShown = true;
    session.api.call<Answer>('GET', path).then(
      (answer) => isShown && setSurvey(answer.survey),
      // Offline: the question alone is shown until we are connected again.
      () => undefined,
    );
    return () => {
      isShown = false;
    };
  }, [session, isConnected]);

  async function answer(score: number, comment?: string): Promise<void> {
    if (busy) return;
    setBusy(true);
    setTold(undefined);
    try {
      const kept = await session.api.call<Answer>('POST', path, {
        score,
        ...(comment === undefined ? {} : { comment }),
      });
      setSurvey(kept.survey);
      setTold('thanks');
    } catch {
      setTold('failed');
    }
    setBusy(false);
  }

  const score = survey?.score ?? null;
  const isOpen = survey?.isOpen === true;
  const comment = said ?? survey?.comment ?? '';
  return (
    <div class="survey">
      <fieldset aria-labelledby={legend}>
        {/* In the language of the chat, whichever the customer wrote in. */}
        <legend id={legend} class="text">
          {words.surveyQuestion}
        </legend>
        {(isOpen || score !== null) && (
          <div class="survey-scores" data-look={shape.look}>
            {scores.map((value) => (
              <button
                type="button"
                key={value}
                aria-label={words.surveyScores[value]}
                title={words.surveyScores[value]}
                aria-pressed={score === value}
                data-lit={shape.look === 'stars' ? score !== null && value <= score : score === value}
                aria-disabled={!isOpen}
                onClick={() => isOpen && void answer(value)}
              >
                {shape.look === 'stars' ? '★' : <Face mouth={mouths[value]} />}
              </button>
            ))}
          </div>
        )}
      </fieldset>
      {isOpen && shape.comment && score !== null && (
        <form
          class="form survey-words"
          onSubmit={(event) => {
            event.preventDefault();
            void answer(score, comment);
          }}
        >
          <label for={field}>{words.surveyComment}</label>
          <textarea
            id={field}
            rows={2}
            maxLength={2_000}
            dir="auto"
            value={comment}
            onInput={(event) => setSaid(event.currentTarget.value)}
          />
          <button type="submit" class="choice" disabled={busy}>
            {words.submit}
          </button>
        </form>
      )}
      {!isOpen && comment !== '' && (
        <p class="text" dir="auto">
          {comment}
        </p>
      )}
      <p class={told === 'failed' ? 'failed' : 'survey-told'} role="status">
        {told === 'thanks' && words.surveyThanks}
        {told === 'failed' && words.surveyFailed}
        {told === undefined && score !== null && isOpen && words.surveyChange}
      </p>
    </div>
  );
}

function Face({ mouth }: { mouth: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="10" />
      <path d={`M9 9v1M15 9v1${mouth}`} />
    </svg>
  );
}
