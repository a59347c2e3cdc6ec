import {
  Button,
  CloseButton,
  FileButton,
  Group,
  Modal,
  MultiSelect,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { ApiError } from '@parley/sdk/http.ts';
import { IconPaperclip, IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, fieldProblem } from '../app/api.ts';
import { ConfirmDialog } from '../app/confirm-dialog.tsx';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import { channelTypesQuery } from '../channels/channel-queries.ts';
import { isSupervisor, useMe } from '../session/session.ts';
import { groupsQuery } from '../transfer/group-queries.ts';
import { serverWords } from '../words/server-words.ts';
import styles from './knowledge.module.css';
import { type CannedReply, previewReply, type ReplyVariant, repliesKey } from './knowledge-queries.ts';
import { ValidityFields } from './validity-fields.tsx';

type ReplyText = Omit<CannedReply, 'id' | 'ownerId' | 'rev' | 'uses' | 'usedAt' | 'updatedAt'>;
const variables = [
  'contact.name|there',
  'contact.email',
  'contact.phone',
  'agent.name',
  'conversation.id',
  'order.id',
  'order.title',
  'date.today',
];

/** Writes a canned reply, or changes one; who may only read it sees it. */
export function CannedReplyDialog(props: { editing: CannedReply | 'new' | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const { editing, onClose } = props;
  const reply = editing === 'new' ? undefined : editing;
  return (
    <Modal
      closeButtonProps={{ 'aria-label': t('app.close') }}
      opened={editing !== undefined}
      onClose={onClose}
      size="xl"
      title={reply === undefined ? t('knowledge.newReply') : reply.title}
    >
      {editing !== undefined && <ReplyForm key={reply?.id ?? 'new'} reply={reply} onClose={onClose} />}
    </Modal>
  );
}

function ReplyForm({ reply, onClose }: { reply: CannedReply | undefined; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queryClient = useQueryClient();
  const supervises = isSupervisor(me);
  const mayChange = reply === undefined || supervises || (reply.visibility === 'private' && reply.ownerId === me.id);
  const { data: groups = [] } = useQuery(groupsQuery);
  const { data: types = [] } = useQuery(channelTypesQuery);
  const [text, setText] = useState<ReplyText>(() => textOf(reply));
  const [asking, setAsking] = useState(false);
  const change = (patch: Partial<ReplyText>) => setText((before) => ({ ...before, ...patch }));
  const done = async () => {
    onClose();
    notifyDone(t('app.saved'));
    await queryClient.invalidateQueries({ queryKey: repliesKey });
  };
  const save = useMutation({
    mutationFn: () =>
      reply === undefined
        ? api.call('POST', '/api/v1/canned-replies', text)
        : api.call('PATCH', `/api/v1/canned-replies/${reply.id}`, { ...text, rev: reply.rev }),
    onSuccess: done,
    onError: (error) => {
      if (!(error instanceof ApiError) || error.field === undefined || error.code === 'conflict') notifyFailure(error);
    },
  });
  const remove = useMutation({
    mutationFn: () => api.call('DELETE', `/api/v1/canned-replies/${reply?.id}`),
    onSuccess: done,
    onError: notifyFailure,
  });
  const errorAt = (field: string) =>
    save.error instanceof ApiError && save.error.field === field ? fieldProblem(save.error) : undefined;
  const channelChoices = types.map(({ type, name }) => ({
    value: type,
    label: name[i18n.language === 'zh-CN' ? 'zh-CN' : 'en'],
  }));
  const upload = useMutation({
    mutationFn: (files: File[]) => Promise.all(files.map((file) => api.uploadFile(file))),
    onSuccess: (kept) => setText((before) => ({ ...before, attachments: [...before.attachments, ...kept] })),
    onError: notifyFailure,
  });

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset disabled={!mayChange} style={{ border: 'none', margin: 0, padding: 0, minWidth: 0 }}>
        <Stack gap="sm">
          {!mayChange && (
            <Text size="sm" c="dimmed">
              {t('knowledge.readOnly')}
            </Text>
          )}
          <div className={styles.two}>
            <TextInput
              label={t('knowledge.replyTitle')}
              required
              value={text.title}
              onChange={(event) => change({ title: event.currentTarget.value })}
              error={errorAt('title')}
              data-autofocus
            />
            <TextInput
              label={t('knowledge.shortCode')}
              placeholder="/refund"
              value={text.shortCode ?? ''}
              onChange={(event) => change({ shortCode: event.currentTarget.value })}
              error={errorAt('shortCode')}
            />
          </div>
          <Textarea
            label={t('knowledge.body')}
            required
            autosize
            minRows={4}
            maxRows={14}
            value={text.body}
            onChange={(event) => change({ body: event.currentTarget.value })}
            error={errorAt('body')}
          />
          <Group gap={4} role="group" aria-label={t('knowledge.variables')}>
            {variables.map((name) => (
              <Button
                key={name}
                size="compact-xs"
                variant="default"
                onClick={() => change({ body: `${text.body}{{${name}}}` })}
              >
                {`{{${name}}}`}
              </Button>
            ))}
          </Group>
          <ReplyPreview body={text.body} />
          {text.variants.map((variant, at) => (
            <VariantFields
              // biome-ignore lint/suspicious/noArrayIndexKey: variants have no id; they are changed in place.
              key={at}
              variant={variant}
              channels={channelChoices}
              errorAt={(field) => errorAt(field === '' ? `variants[${at}]` : `variants[${at}].${field}`)}
              onChange={(next) => change({ variants: text.variants.with(at, next) })}
              onRemove={() => change({ variants: text.variants.toSpliced(at, 1) })}
            />
          ))}
          <Group gap="sm">
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() =>
                change({ variants: [...text.variants, { language: 'zh-CN', channelType: null, body: text.body }] })
              }
            >
              {t('knowledge.addVariant')}
            </Button>
            <FileButton multiple onChange={(files) => upload.mutate(files)}>
              {(button) => (
                <Button
                  {...button}
                  size="xs"
                  variant="default"
                  loading={upload.isPending}
                  leftSection={<IconPaperclip size={14} />}
                >
                  {t('knowledge.attach')}
                </Button>
              )}
            </FileButton>
            {text.attachments.map((media) => (
              <Group key={media.url} gap={2} wrap="nowrap">
                <Text size="sm">{media.fileName}</Text>
                <CloseButton
                  size="sm"
                  aria-label={t('knowledge.removeFile', { name: media.fileName ?? '' })}
                  onClick={() => change({ attachments: text.attachments.filter((one) => one !== media) })}
                />
              </Group>
            ))}
          </Group>
          <div className={styles.two}>
            <TextInput
              label={t('knowledge.language')}
              placeholder="zh-CN"
              value={text.language ?? ''}
              onChange={(event) => change({ language: event.currentTarget.value || null })}
              error={errorAt('language')}
            />
            <MultiSelect
              label={t('knowledge.channels')}
              placeholder={text.channelTypes === null ? t('knowledge.allChannels') : ''}
              data={channelChoices}
              value={[...(text.channelTypes ?? [])]}
              onChange={(next) => change({ channelTypes: next.length === 0 ? null : next })}
            />
            <Select
              label={t('knowledge.whoMayUse')}
              data={(['private', 'groups', 'all'] as const).map((value) => ({
                value,
                label: t(`knowledge.visibility.${value}`),
              }))}
              value={text.visibility}
              allowDeselect={false}
              disabled={!supervises}
              onChange={(next) => change({ visibility: (next ?? 'private') as ReplyText['visibility'] })}
              error={errorAt('visibility')}
            />
            {text.visibility === 'groups' && (
              <MultiSelect
                label={t('knowledge.groups')}
                data={groups.map(({ id, name }) => ({ value: id, label: name }))}
                value={[...text.groupIds]}
                onChange={(groupIds) => change({ groupIds })}
                error={errorAt('groupIds')}
              />
            )}
            <ValidityFields value={text} error={errorAt('validUntil')} onChange={change} />
          </div>
          {mayChange && (
            <Group justify="space-between" mt="sm">
              {reply === undefined ? (
                <span />
              ) : (
                <Button
                  variant="subtle"
                  color="red"
                  leftSection={<IconTrash size={16} />}
                  onClick={() => setAsking(true)}
                >
                  {t('app.delete')}
                </Button>
              )}
              <Button type="submit" loading={save.isPending}>
                {t('app.save')}
              </Button>
            </Group>
          )}
        </Stack>
      </fieldset>
      <ConfirmDialog
        opened={asking}
        title={t('knowledge.deleteReply')}
        text={t('knowledge.deleteReplyText')}
        confirm={t('app.delete')}
        dangerous
        busy={remove.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate()}
      />
    </form>
  );
}

/** With example values, and with what is wrong. */
function ReplyPreview({ body }: { body: string }) {
  const { t } = useTranslation();
  const [shown] = useDebouncedValue(body, 200);
  const { data } = useQuery({
    queryKey: ['canned-reply-preview', shown],
    queryFn: ({ signal }) => previewReply(shown, signal),
    enabled: shown.includes('{{'),
  });
  if (!shown.includes('{{') || data === undefined) return null;
  return (
    <section aria-label={t('knowledge.preview')}>
      <Text size="xs" c="dimmed" mb={4}>
        {t('knowledge.previewHint')}
      </Text>
      <div className={styles.preview}>{data.text}</div>
      {data.problems.map((problem) => (
        <p key={`${problem.line}:${problem.column}`} className={styles.problem} role="alert">
          {t('knowledge.problemAt', {
            line: problem.line,
            column: problem.column,
            message: serverWords(problem.message),
          })}
        </p>
      ))}
    </section>
  );
}

function VariantFields(props: {
  variant: ReplyVariant;
  channels: { value: string; label: string }[];
  errorAt: (field: string) => string | undefined;
  onChange: (variant: ReplyVariant) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const { variant, channels, errorAt, onChange, onRemove } = props;
  return (
    <section className={styles.variant} aria-label={t('knowledge.variant')}>
      <div className={styles.two}>
        <TextInput
          label={t('knowledge.language')}
          placeholder={t('knowledge.anyLanguage')}
          value={variant.language ?? ''}
          onChange={(event) => onChange({ ...variant, language: event.currentTarget.value || null })}
          error={errorAt('language') ?? errorAt('')}
        />
        <Select
          label={t('knowledge.channel')}
          placeholder={t('knowledge.allChannels')}
          clearable
          data={channels}
          value={variant.channelType}
          onChange={(channelType) => onChange({ ...variant, channelType })}
        />
      </div>
      <Textarea
        mt={8}
        label={t('knowledge.body')}
        autosize
        minRows={2}
        maxRows={10}
        value={variant.body}
        onChange={(event) => onChange({ ...variant, body: event.currentTarget.value })}
        error={errorAt('body')}
      />
      <Button mt={8} size="compact-xs" variant="subtle" color="gray" onClick={onRemove}>
        {t('knowledge.removeVariant')}
      </Button>
    </section>
  );
}

function textOf(reply: CannedReply | undefined): ReplyText {
  if (reply === undefined) {
    return {
      ...{ title: '', shortCode: null, body: '', language: null, variants: [], attachments: [], visibility: 'private' },
      ...{ groupIds: [], channelTypes: null, externalKey: null, validFrom: null, validUntil: null },
    };
  }
  const { id: _, ownerId: __, rev: ___, uses: ____, usedAt: _____, updatedAt: ______, ...text } = reply;
  const { createdAt: _______, ...own } = text as ReplyText & { createdAt?: number };
  return own;
}
