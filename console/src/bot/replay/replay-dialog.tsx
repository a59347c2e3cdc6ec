import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../../app/notify.ts';
import { useIsPhone } from '../../app/screen.ts';
import { areDays, DaysField } from './days-field.tsx';
import styles from './replay.module.css';
import { beginReplay, type Candidate, usualDays } from './replay-queries.ts';
import { type Publishing, ReplayView } from './replay-view.tsx';

/** Runs a draft over past conversations, where it is being written; what it found stays in the list of replays. */
export function ReplayDialog(props: { candidate: Candidate | undefined; publishing: Publishing; onClose: () => void }) {
  const { t } = useTranslation();
  const isPhone = useIsPhone();
  const { candidate, publishing, onClose } = props;
  const [days, setDays] = useState<number | string>(usualDays);
  const beginning = useMutation({
    mutationFn: ({ of, back }: { of: Candidate; back: number }) => beginReplay(of, back),
    onError: notifyFailure,
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (candidate !== undefined && areDays(days)) beginning.mutate({ of: candidate, back: days });
  }
  return (
    <Modal
      opened={candidate !== undefined}
      onClose={() => {
        beginning.reset();
        onClose();
      }}
      size={820}
      closeButtonProps={{ 'aria-label': t('app.close') }}
      // Within a dialog it is no banner of the page.
      attributes={{ header: { role: 'presentation' } }}
      fullScreen={isPhone}
      title={t('replay.title')}
    >
      <p className={styles.dim}>{t('replay.hint')}</p>
      <form onSubmit={submit} noValidate className={styles.form}>
        <DaysField days={days} onChange={setDays} />
        <Button type="submit" className={styles.start} disabled={!areDays(days)} loading={beginning.isPending}>
          {t('replay.start')}
        </Button>
      </form>
      {beginning.data !== undefined && <ReplayView id={beginning.data.id} publishing={publishing} />}
    </Modal>
  );
}
