import { Button } from '@mantine/core';
import { slaTargets } from '@parley/sdk/protocol.ts';
import { type Escalation, slaStages } from '@parley/sdk/routing-document.ts';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ChoicesField } from '../app/choices-field.tsx';
import { ChoiceField, Fields } from '../app/fields.tsx';
import { Panel } from '../app/page.tsx';
import { ActionsEditor } from './actions-editor.tsx';
import { RemoveButton } from './entry-list.tsx';
import styles from './routing.module.css';
import { escalationKinds, isEscalationAction, replaced, without } from './routing-edits.ts';

/** What is done at a warning and when time is over. */
export function EscalationPanel(props: {
  escalate: readonly Escalation[];
  path: string;
  onChange: (next: readonly Escalation[]) => void;
}) {
  const { t } = useTranslation();
  const { escalate, path, onChange } = props;
  return (
    <Panel title={t('routing.sla.escalate')} hint={t('routing.sla.escalateHint')}>
      <ul className={styles.boxes}>
        {escalate.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step has no name but its place.
          <li key={index} className={styles.box}>
            <Step
              escalation={one}
              n={index + 1}
              path={`${path}[${index}]`}
              onChange={(next) => onChange(replaced(escalate, index, next))}
              onRemove={() => onChange(without(escalate, index))}
            />
          </li>
        ))}
      </ul>
      <Button
        mt={escalate.length === 0 ? 0 : 'sm'}
        size="xs"
        variant="light"
        leftSection={<IconPlus size={15} />}
        onClick={() => onChange([...escalate, { on: 'breach', targets: null, actions: [] }])}
      >
        {t('routing.sla.addEscalation')}
      </Button>
    </Panel>
  );
}

function Step(props: {
  escalation: Escalation;
  n: number;
  path: string;
  onChange: (next: Escalation) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const { escalation, path, onChange } = props;
  const { on, targets, actions } = escalation;
  const name = t('routing.sla.step', { n: props.n });
  return (
    <fieldset className={styles.step} aria-label={name}>
      <div className={styles.stepHead}>
        <span className={styles.dim}>{name}</span>
        <RemoveButton name={name} onRemove={props.onRemove} />
      </div>
      <Fields>
        <ChoiceField
          path={`${path}.on`}
          label={t('routing.sla.on')}
          value={on}
          data={slaStages.map((value) => ({ value, label: t(`routing.sla.stage.${value}`) }))}
          onChange={(stage) => onChange({ ...escalation, on: stage })}
        />
        <ChoicesField
          path={`${path}.targets`}
          label={t('routing.sla.of')}
          placeholder={targets === null ? t('routing.sla.allTargets') : ''}
          value={targets ?? []}
          data={slaTargets.map((value) => ({ value, label: t(`sla.target.${value}`) }))}
          onChange={(chosen) => {
            const next = slaTargets.filter((target) => chosen.includes(target));
            onChange({ ...escalation, targets: next.length === 0 ? null : next });
          }}
        />
      </Fields>
      <ActionsEditor
        actions={actions}
        kinds={escalationKinds}
        path={`${path}.actions`}
        onChange={(next) => onChange({ ...escalation, actions: next.filter(isEscalationAction) })}
      />
    </fieldset>
  );
}
