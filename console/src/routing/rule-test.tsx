import { Badge, Button, Loader, SegmentedControl, Select, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { Fields } from '../app/fields.tsx';
import { notifyFailure } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import { useDraft } from './draft.tsx';
import styles from './routing.module.css';
import { type ConditionVerdict, type Subject, type TestedRules, testRules, type Verdict } from './routing-queries.ts';
import { useRuleWords } from './rule-words.ts';

type Way = 'conversation' | 'words';

/** "Which rule would take this?", asked of the rules as they are here, published or not. */
export function RuleTest() {
  const { t } = useTranslation();
  const { document } = useDraft();
  const { names } = useRuleWords();
  const [way, setWay] = useState<Way>('conversation');
  const [conversationId, setConversationId] = useState<string | null>(null);
  const [channelId, setChannelId] = useState<string | null>(null);
  const [words, setWords] = useState('');
  const asked = useMutation({
    mutationFn: ({ config, subject }: { config: RoutingConfig; subject: Subject }) => testRules(config, subject),
    onError: notifyFailure,
  });
  const [firstChannel] = names.choices.channels;
  const channel = channelId ?? firstChannel?.value ?? null;
  const subject = subjectOf(way, conversationId, channel, words);
  return (
    <Panel title={t('routing.try.title')} hint={t('routing.try.hint')}>
      <SegmentedControl<Way>
        size="sm"
        mb="sm"
        aria-label={t('routing.try.with')}
        value={way}
        onChange={setWay}
        data={[
          { value: 'conversation', label: t('routing.try.conversation') },
          { value: 'words', label: t('routing.try.words') },
        ]}
      />
      {way === 'conversation' ? (
        <ConversationChoice value={conversationId} onChange={setConversationId} />
      ) : (
        <Fields>
          <Select
            label={t('routing.kind.channel')}
            data={names.choices.channels}
            value={channel}
            onChange={setChannelId}
            allowDeselect={false}
          />
          <Textarea
            label={t('routing.kind.first-words')}
            autosize
            minRows={1}
            maxRows={5}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
        </Fields>
      )}
      <Button
        mt="md"
        disabled={subject === undefined}
        loading={asked.isPending}
        onClick={() => {
          if (subject !== undefined) asked.mutate({ config: document, subject });
        }}
      >
        {t('routing.try.ask')}
      </Button>
      <div aria-live="polite">{asked.data !== undefined && <Answer tested={asked.data} />}</div>
    </Panel>
  );
}

function subjectOf(
  way: Way,
  conversationId: string | null,
  channel: string | null,
  words: string,
): Subject | undefined {
  if (way === 'conversation') return conversationId === null ? undefined : { conversationId };
  return channel === null ? undefined : { facts: { channelId: channel, firstWords: words } };
}

const offered = 20;

function ConversationChoice({ value, onChange }: { value: string | null; onChange: (id: string | null) => void }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [asked] = useDebouncedValue(search, 200);
  // What stands in the field after a choice is the choice's own name, and is not looked for.
  const q = /^\d+ · /.test(asked) ? '' : asked.trim();
  const { data, isFetching } = useQuery({
    queryKey: ['routing', 'conversations', q],
    queryFn: ({ signal }) => {
      const path = `/api/v1/conversations?limit=${offered}${q === '' ? '' : `&q=${encodeURIComponent(q)}`}`;
      return api.call<Page<Conversation>>('GET', path, undefined, { signal });
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  const nameOf = ({ id, contact, lastMessage }: Conversation) =>
    `${id} · ${contact.name || t('contact.unnamed')}${lastMessage === undefined ? '' : ` · ${lastMessage.preview.slice(0, 60)}`}`;
  return (
    <Select
      label={t('routing.try.which')}
      placeholder={t('list.searchHint')}
      data={(data?.items ?? []).map((one) => ({ value: one.id, label: nameOf(one) }))}
      value={value}
      onChange={onChange}
      searchable
      searchValue={search}
      onSearchChange={setSearch}
      // The server has looked already.
      filter={({ options }) => options}
      nothingFoundMessage={t('list.emptySearch')}
      rightSection={isFetching ? <Loader size="xs" /> : undefined}
    />
  );
}

function Answer({ tested }: { tested: TestedRules }) {
  const { t } = useTranslation();
  const { names } = useRuleWords();
  const rule = tested.rules.find(({ ruleId }) => ruleId === tested.toRule);
  const botPlace = (flowId: string | undefined) =>
    flowId === undefined ? t('routing.try.bot') : t('routing.try.botFlow', { name: names.flow(flowId) });
  const place =
    tested.to.kind === 'bot'
      ? botPlace(tested.to.flowId ?? undefined)
      : tested.to.kind === 'agent'
        ? names.agent(tested.to.agentId ?? '')
        : names.group(tested.to.groupId ?? '');
  const more = [
    ...(tested.priority === null
      ? []
      : [t('routing.try.priority', { priority: t(`priority.${tested.priority as 'low'}`) })]),
    ...(tested.minLevel === null ? [] : [t('routing.does.minLevel', { level: tested.minLevel })]),
    ...tested.tags.map((tag) => t('routing.does.tag', { tag })),
    ...tested.notAgents.map((id) => t('routing.does.notToAgent', { name: names.agent(id) })),
  ];
  return (
    <div className={styles.answer}>
      <p className={styles.goes}>
        {rule === undefined
          ? t('routing.try.goesByDefault', { place })
          : t('routing.try.goesBy', { place, rule: rule.name })}
      </p>
      {more.length > 0 && <p className={styles.dim}>{more.join(t('routing.comma'))}</p>}
      <ol className={styles.verdicts}>
        {tested.rules.map((one) => (
          <li key={one.ruleId}>
            <RuleVerdict rule={one} />
          </li>
        ))}
      </ol>
    </div>
  );
}

const colours: Record<Verdict, string> = {
  applies: 'green',
  'does-not-apply': 'gray',
  disabled: 'gray',
  'stopped-by-earlier': 'amber',
  'too-many-hops': 'amber',
};

function RuleVerdict({ rule }: { rule: TestedRules['rules'][number] }) {
  const { t } = useTranslation();
  const { action } = useRuleWords();
  return (
    <>
      <div className={styles.verdictHead}>
        <strong>{rule.name}</strong>
        <Badge size="sm" variant="light" color={colours[rule.verdict]} c="var(--mantine-color-text)" tt="none">
          {t(`routing.verdict.${rule.verdict}`)}
        </Badge>
      </div>
      <Finding verdict={rule.when} />
      {rule.left.map((left, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the answer is not changed, it is replaced.
        <p key={index} className={styles.dim}>
          {t(`routing.left.${left.why}`, { action: action(left.action) })}
        </p>
      ))}
    </>
  );
}

/** What a condition found where it looked. */
function Finding({ verdict }: { verdict: ConditionVerdict }) {
  const { t } = useTranslation();
  const { condition } = useRuleWords();
  const { kind } = verdict.condition;
  const text =
    kind === 'all' || kind === 'any' || kind === 'not' ? t(`routing.kind.${kind}`) : condition(verdict.condition);
  return (
    <div className={styles.finding}>
      <span className={styles.findingHead} data-holds={verdict.holds}>
        <FindingMark holds={verdict.holds} />
        <span>
          {text}
          <Found verdict={verdict} />
        </span>
      </span>
      {verdict.of.length > 0 && (
        <div className={styles.findings}>
          {verdict.of.map((each, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the answer is not changed, it is replaced.
            <Finding key={index} verdict={each} />
          ))}
        </div>
      )}
    </div>
  );
}

function FindingMark({ holds }: { holds: boolean }) {
  const { t } = useTranslation();
  const Mark = holds ? IconCheck : IconX;
  return <Mark size={15} role="img" aria-label={t(holds ? 'routing.try.holds' : 'routing.try.holdsNot')} />;
}

function Found({ verdict }: { verdict: ConditionVerdict }) {
  const { t } = useTranslation();
  const { names } = useRuleWords();
  const { kind } = verdict.condition;
  // Yes and no are said by the mark.
  if (['all', 'any', 'not', 'always', 'vip', 'returning'].includes(kind)) return null;
  if (verdict.found === null) {
    return (
      <span className={styles.dim}>
        {' '}
        <IconMinus size={11} aria-hidden="true" /> {t('routing.try.nothing')}
      </span>
    );
  }
  const found =
    kind === 'channel'
      ? names.channel(verdict.found)
      : kind === 'channel-type'
        ? names.channelType(verdict.found)
        : kind === 'time'
          ? t(`routing.is.${verdict.found === 'open' ? 'open' : 'closed'}`)
          : verdict.found;
  return <span className={styles.dim}> · {t('routing.try.found', { found })}</span>;
}
