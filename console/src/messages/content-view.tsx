import { Anchor, UnstyledButton } from '@mantine/core';
import type {
  AudioContent,
  CallContent,
  CardContent,
  ChoicesContent,
  Content,
  FileContent,
  FormContent,
  ImageContent,
  LinkContent,
  LocationContent,
  Media,
  RatingContent,
  StickerContent,
  VideoContent,
} from '@parley/sdk/protocol.ts';
import {
  IconDownload,
  IconExternalLink,
  IconFile,
  IconMapPin,
  IconPhone,
  IconPhotoOff,
  IconStarFilled,
  IconVideo,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sizeText } from '../words/sizes.ts';
import { useTimeWords } from '../words/time.ts';
import styles from './content.module.css';
import { useImageViewer } from './image-viewer.tsx';
import { safeHref, safeMediaUrl, textParts } from './rich-text.ts';

/** What was said, whatever its kind. Everything in it came from outside: text is text, addresses are checked. */
export function ContentView({ content }: { content: Content }): ReactNode {
  const { t } = useTranslation();
  switch (content.type) {
    case 'text':
      return <LongText text={content.text} />;
    case 'image':
      return <Picture content={content} />;
    case 'audio':
      return <Sound content={content} />;
    case 'video':
      return <Film content={content} />;
    case 'file':
      return <FileCard media={content} />;
    case 'location':
      return <Place content={content} />;
    case 'sticker':
      return <Sticker content={content} />;
    case 'link':
      return <LinkCard content={content} />;
    case 'card':
      return <ProductCard content={content} />;
    case 'choices':
      return <Choices content={content} />;
    case 'form':
      return <FilledForm content={content} />;
    case 'rating':
      return <Rating content={content} />;
    case 'call':
      return <Call content={content} />;
    case 'system':
      return <RichText text={content.text} />;
    default:
      content satisfies never;
      // A newer server may know kinds that this page does not.
      return <em>{t('content.unknown')}</em>;
  }
}

/** Text as it was written, with its web addresses as links. */
export function RichText({ text }: { text: string }) {
  return (
    <div className={styles.text} dir="auto">
      {textParts(text).map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move.
          <OutLink key={index} href={part.href}>
            {part.text}
          </OutLink>
        ),
      )}
    </div>
  );
}

const longTextChars = 1_800;

function LongText({ text }: { text: string }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  if (text.length <= longTextChars * 1.2) return <RichText text={text} />;
  return (
    <>
      <RichText text={whole ? text : `${text.slice(0, longTextChars)}…`} />
      <UnstyledButton className={styles.showAll} onClick={() => setWhole((shown) => !shown)}>
        {t(whole ? 'content.showLess' : 'content.showAll')}
      </UnstyledButton>
    </>
  );
}

function OutLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Anchor href={href} target="_blank" rel="noopener noreferrer nofollow" c="var(--parley-accent-text)" inherit>
      {children}
    </Anchor>
  );
}

const maxThumbPx = { width: 280, height: 240 };

/** The room that a picture takes before it is loaded, so that nothing jumps when it comes. */
function thumbSize({ width, height }: Pick<Media, 'width' | 'height'>): { width: number; height: number } {
  if (width === undefined || height === undefined || width <= 0 || height <= 0) return { width: 240, height: 180 };
  const scale = Math.min(1, maxThumbPx.width / width, maxThumbPx.height / height);
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

function Picture({ content }: { content: ImageContent }) {
  const { t } = useTranslation();
  const viewer = useImageViewer();
  const [broken, setBroken] = useState(false);
  const url = safeMediaUrl(content.url);
  if (url === undefined || broken) {
    return <Missing icon={<IconPhotoOff size={20} />} reason={content.unavailable} name={content.fileName} />;
  }
  const name = content.caption ?? content.fileName ?? t('content.image');
  const size = thumbSize(content);
  return (
    <>
      <UnstyledButton
        className={styles.picture}
        onClick={() => viewer.show({ url, name })}
        aria-label={`${t('content.openImage')}: ${name}`}
      >
        <img
          src={url}
          alt={name}
          loading="lazy"
          referrerPolicy="no-referrer"
          {...size}
          onError={() => setBroken(true)}
        />
      </UnstyledButton>
      {content.caption !== undefined && <RichText text={content.caption} />}
    </>
  );
}

function Missing(props: { icon: ReactNode; reason: string | undefined; name: string | undefined }) {
  const { t } = useTranslation();
  return (
    <div className={styles.card}>
      <span className={styles.cardIcon}>{props.icon}</span>
      <div className={styles.cardText}>
        <strong>{props.name ?? t('content.unavailable')}</strong>
        <span className={styles.dim}>{props.reason ?? t('content.unavailable')}</span>
      </div>
    </div>
  );
}

function Sound({ content }: { content: AudioContent }) {
  const { t } = useTranslation();
  const url = safeMediaUrl(content.url);
  if (url === undefined) return <FileCard media={content} />;
  return (
    <div>
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript stands below where there is one. */}
      <audio className={styles.audio} controls preload="none" src={url} aria-label={t('content.audio')} />
      {content.transcript !== undefined && (
        <div className={styles.transcript}>
          <span className={styles.dim}>{t('content.transcript')}</span>
          <RichText text={content.transcript} />
        </div>
      )}
    </div>
  );
}

function Film({ content }: { content: VideoContent }) {
  const { t } = useTranslation();
  const url = safeMediaUrl(content.url);
  if (url === undefined) return <FileCard media={content} />;
  const poster = safeMediaUrl(content.thumbnailUrl);
  return (
    <>
      <video
        className={styles.video}
        controls
        preload="metadata"
        src={url}
        aria-label={content.caption ?? content.fileName ?? t('content.video')}
        {...(poster !== undefined && { poster })}
        {...thumbSize(content)}
      />
      {content.caption !== undefined && <RichText text={content.caption} />}
    </>
  );
}

function FileCard({ media }: { media: FileContent | AudioContent | VideoContent }) {
  const { t } = useTranslation();
  const url = safeMediaUrl(media.url);
  if (url === undefined) {
    return <Missing icon={<IconFile size={20} />} reason={media.unavailable} name={media.fileName} />;
  }
  const name = media.fileName ?? t('content.file');
  return (
    <a
      className={styles.card}
      href={url}
      download={media.fileName ?? ''}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={`${t('content.download')}: ${name}`}
    >
      <span className={styles.cardIcon}>
        <IconFile size={20} aria-hidden="true" />
      </span>
      <span className={styles.cardText}>
        <strong>{name}</strong>
        {media.sizeBytes !== undefined && <span className={styles.dim}>{sizeText(media.sizeBytes)}</span>}
      </span>
      <IconDownload size={16} aria-hidden="true" />
    </a>
  );
}

function Place({ content }: { content: LocationContent }) {
  const { t } = useTranslation();
  const { latitude, longitude } = content;
  const point = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return (
    <div className={styles.card}>
      <span className={styles.cardIcon}>
        <IconMapPin size={20} aria-hidden="true" />
      </span>
      <div className={styles.cardText}>
        <strong>{content.name ?? t('content.location')}</strong>
        <span className={styles.dim}>{content.address ?? point}</span>
        <OutLink href={map}>{t('content.openMap')}</OutLink>
      </div>
    </div>
  );
}

function Sticker({ content }: { content: StickerContent }) {
  const { t } = useTranslation();
  const url = safeMediaUrl(content.url);
  if (url !== undefined) {
    const name = content.emoji ?? t('content.sticker');
    return <img className={styles.sticker} src={url} alt={name} width={120} height={120} loading="lazy" />;
  }
  return <span className={styles.bigEmoji}>{content.emoji ?? `[${t('content.sticker')}]`}</span>;
}

function LinkCard({ content }: { content: LinkContent }) {
  const href = safeHref(content.url);
  const picture = safeMediaUrl(content.pictureUrl);
  return (
    <div className={styles.card}>
      {picture === undefined ? (
        <span className={styles.cardIcon}>
          <IconExternalLink size={20} aria-hidden="true" />
        </span>
      ) : (
        <img className={styles.cardPicture} src={picture} alt="" loading="lazy" referrerPolicy="no-referrer" />
      )}
      <div className={styles.cardText}>
        {href === undefined ? <strong>{content.title}</strong> : <OutLink href={href}>{content.title}</OutLink>}
        {content.description !== undefined && <span className={styles.dim}>{content.description}</span>}
        <span className={styles.dim}>{href === undefined ? content.url : new URL(href).host}</span>
      </div>
    </div>
  );
}

function ProductCard({ content }: { content: CardContent }) {
  const { t } = useTranslation();
  const href = safeHref(content.url);
  const picture = safeMediaUrl(content.pictureUrl);
  return (
    <div className={styles.card}>
      {picture !== undefined && (
        <img className={styles.cardPicture} src={picture} alt="" loading="lazy" referrerPolicy="no-referrer" />
      )}
      <div className={styles.cardText}>
        <span className={styles.dim}>
          {t(`content.${content.kind}`)}
          {content.id !== undefined && ` ${content.id}`}
        </span>
        <strong>{content.title}</strong>
        {content.price !== undefined && <span className={styles.price}>{content.price}</span>}
        {content.description !== undefined && <span className={styles.dim}>{content.description}</span>}
        {href !== undefined && <OutLink href={href}>{t('content.open')}</OutLink>}
      </div>
    </div>
  );
}

function Choices({ content }: { content: ChoicesContent }) {
  const { t } = useTranslation();
  return (
    <div>
      <RichText text={content.text} />
      <ul className={styles.choices} aria-label={t('content.choices')}>
        {content.choices.map((choice) => (
          <li key={choice.id} className={styles.choice}>
            {choice.label}
          </li>
        ))}
      </ul>
    </div>
  );
}

function FilledForm({ content }: { content: FormContent }) {
  const { t } = useTranslation();
  return (
    <div className={styles.form}>
      <strong>{content.title}</strong>
      {content.values === undefined && <span className={styles.dim}>{t('content.formWaiting')}</span>}
      <dl>
        {content.fields.map((field) => (
          <div key={field.name}>
            <dt>{field.label}</dt>
            <dd>{content.values?.[field.name] ?? '–'}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Of two scores one says no and the other yes. */
function Score({ score, scale }: { score: number; scale: number }) {
  const { t } = useTranslation();
  if (scale === 2) return <span>{t(score === 2 ? 'content.yes' : 'content.no')}</span>;
  return (
    <span className={styles.stars}>
      <IconStarFilled size={16} aria-hidden="true" />
      {t('content.score', { score, scale })}
    </span>
  );
}

function Rating({ content }: { content: RatingContent }) {
  const { t } = useTranslation();
  const { scale, score, question, comment, survey } = content;
  return (
    <div>
      {question !== undefined && <RichText text={question} />}
      {/* What was answered stands beside the conversation, for whom it is meant. */}
      {survey !== undefined ? (
        <span className={styles.dim}>{t('content.survey')}</span>
      ) : score === undefined ? (
        <span className={styles.dim}>{t('content.ratingWaiting')}</span>
      ) : (
        <Score score={score} scale={scale} />
      )}
      {comment !== undefined && <RichText text={comment} />}
    </div>
  );
}

function Call({ content }: { content: CallContent }) {
  const { t } = useTranslation();
  const { span } = useTimeWords();
  const Icon = content.media === 'video' ? IconVideo : IconPhone;
  return (
    <span className={styles.call}>
      <Icon size={17} aria-hidden="true" />
      {t(`content.call.${content.media}`)} · {content.outcome}
      {content.durationMs !== undefined && ` · ${span(content.durationMs)}`}
    </span>
  );
}
