import { priorities } from '@parley/sdk/protocol.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { useTranslation } from 'react-i18next';
import { ChoicesField } from '../app/choices-field.tsx';
import { ChoiceField, CountField, DurationField, Fields } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { AgentsPanel } from './agents-panel.tsx';
import { useDraft } from './draft.tsx';
import { useNames } from './names.ts';

/** What holds for all groups. */
export function GeneralPart() {
  const { change } = useDraft();
  const patch = (next: Partial<RoutingConfig>) => change((before) => ({ ...before, ...next }));
  return (
    <>
      <DefaultPanel patch={patch} />
      <AgentsPanel patch={patch} />
      <WeightsPanel patch={patch} />
      <CapacityPanel patch={patch} />
      <PresencePanel patch={patch} />
      <AgeingPanel patch={patch} />
    </>
  );
}

type PanelProps = { patch: (next: Partial<RoutingConfig>) => void };

function DefaultPanel({ patch }: PanelProps) {
  const { t } = useTranslation();
  const { document } = useDraft();
  const { choices } = useNames();
  const everyone = { value: '', label: t('routing.everyone') };
  return (
    <Panel title={t('routing.general.otherwise')} hint={t('routing.general.otherwiseHint')}>
      <Fields>
        <ChoiceField
          path="defaultGroupId"
          label={t('routing.group')}
          placeholder={everyone.label}
          value={document.defaultGroupId}
          data={[everyone, ...choices.groups]}
          onChange={(id) => patch({ defaultGroupId: id === '' ? null : id })}
        />
      </Fields>
    </Panel>
  );
}

const wholeConversation = 100;

/** The channel types that there are, and those that have a weight before there is a channel of them. */
function useChannelTypes(): { value: string; label: string }[] {
  const { t } = useTranslation();
  const { weights, exclusive, presence } = useDraft().document;
  const { choices, channelType } = useNames();
  const named = [...Object.keys(weights), ...exclusive, ...presence.staysWithAgent];
  const types = [...new Set([...choices.channelTypes.map(({ value }) => value), ...named])];
  return types.map((value) => {
    const isKnown = value === 'call' || value === 'email';
    return { value, label: isKnown ? t(`routing.general.type.${value}`) : channelType(value) };
  });
}

function WeightsPanel({ patch }: PanelProps) {
  const { t } = useTranslation();
  const { document } = useDraft();
  const { weights, exclusive } = document;
  const types = useChannelTypes();
  return (
    <Panel title={t('routing.general.weights')} hint={t('routing.general.weightsHint')}>
      <Fields>
        {types.map(({ value: type, label }) => (
          <CountField
            key={type}
            path={`weights.${type}`}
            label={label}
            min={0.01}
            step={0.1}
            decimals={2}
            placeholder="1"
            value={weights[type] === undefined ? undefined : weights[type] / wholeConversation}
            onChange={(n) => {
              const { [type]: _, ...rest } = weights;
              patch({ weights: n === undefined ? rest : { ...rest, [type]: Math.round(n * wholeConversation) } });
            }}
          />
        ))}
        <ChoicesField
          path="exclusive"
          label={t('routing.general.exclusive')}
          description={t('routing.general.exclusiveHint')}
          value={exclusive}
          data={types}
          onChange={(next) => patch({ exclusive: next })}
        />
      </Fields>
    </Panel>
  );
}

function CapacityPanel({ patch }: PanelProps) {
  const { t } = useTranslation();
  const { document } = useDraft();
  const { capacity } = document;
  return (
    <Panel title={t('routing.general.capacity')}>
      <Fields>
        <DurationField
          path="capacity.quietAfterMs"
          label={t('routing.general.quietAfter')}
          description={t('routing.general.quietAfterHint')}
          placeholder={t('routing.never')}
          value={capacity.quietAfterMs ?? undefined}
          onChange={(ms) => patch({ capacity: { ...capacity, quietAfterMs: ms ?? null } })}
        />
        <CountField
          path="capacity.quietPercent"
          label={t('routing.general.quietPercent')}
          description={t('routing.general.quietPercentHint')}
          suffix=" %"
          min={1}
          max={100}
          value={capacity.quietPercent}
          onChange={(n = 0) => patch({ capacity: { ...capacity, quietPercent: n } })}
        />
        <CountField
          path="capacity.transferMargin"
          label={t('routing.general.transferMargin')}
          description={t('routing.general.transferMarginHint')}
          min={0}
          max={100}
          value={capacity.transferMargin}
          onChange={(n = 0) => patch({ capacity: { ...capacity, transferMargin: n } })}
        />
      </Fields>
    </Panel>
  );
}

function PresencePanel({ patch }: PanelProps) {
  const { t } = useTranslation();
  const { document } = useDraft();
  const types = useChannelTypes();
  const { presence } = document;
  return (
    <Panel title={t('routing.general.presence')}>
      <Fields>
        <DurationField
          path="presence.autoAwayMs"
          label={t('routing.general.autoAway')}
          description={t('routing.general.autoAwayHint')}
          placeholder={t('routing.never')}
          value={presence.autoAwayMs ?? undefined}
          onChange={(ms) => patch({ presence: { ...presence, autoAwayMs: ms ?? null } })}
        />
        <CountField
          path="presence.missesToBreak"
          label={t('routing.general.misses')}
          description={t('routing.general.missesHint')}
          min={1}
          max={100}
          value={presence.missesToBreak}
          onChange={(n = 0) => patch({ presence: { ...presence, missesToBreak: n } })}
        />
        <DurationField
          path="presence.missWindowMs"
          label={t('routing.general.missWindow')}
          value={presence.missWindowMs}
          onChange={(ms = 0) => patch({ presence: { ...presence, missWindowMs: ms } })}
        />
        <ChoicesField
          path="presence.staysWithAgent"
          label={t('routing.general.stays')}
          description={t('routing.general.staysHint')}
          value={presence.staysWithAgent}
          data={types}
          onChange={(next) => patch({ presence: { ...presence, staysWithAgent: next } })}
        />
      </Fields>
    </Panel>
  );
}

function AgeingPanel({ patch }: PanelProps) {
  const { t } = useTranslation();
  const { document } = useDraft();
  const { ageing } = document;
  return (
    <Panel title={t('routing.general.ageing')} hint={t('routing.general.ageingHint')}>
      <Fields layout="narrow">
        {([...priorities, 'vip'] as const).map((key) => (
          <CountField
            key={key}
            path={`ageing.${key}`}
            label={key === 'vip' ? t('routing.kind.vip') : t(`priority.${key}`)}
            suffix={t('routing.general.minutesSuffix')}
            min={0}
            value={ageing[key]}
            onChange={(n = 0) => patch({ ageing: { ...ageing, [key]: n } })}
          />
        ))}
      </Fields>
    </Panel>
  );
}
