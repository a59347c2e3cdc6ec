import type {
  CardContent,
  ChoicesContent,
  Content,
  LinkContent,
  LocationContent,
  Media,
} from '@parley/sdk/protocol.ts';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';
import { FormEntry, RatingEntry } from './form-entry.tsx';
import { formatSize } from './formats.ts';
import { Icon } from './icons.tsx';
import { linkify } from './linkify.ts';
import { SurveyEntry } from './survey-entry.tsx';
import { safeUrl } from './urls.ts';

/** Shows any content as elements and text: nothing that came over the wire is ever read as HTML. */
export function ContentView({ content, open }: { content: Content; open: boolean }) {
  const { words } = useScope();
  switch (content.type) {
    case 'text':
      return <Text text={content.text} />;
    case 'image':
      return <Picture media={content} caption={content.caption} />;
    case 'video':
      return <Player kind="video" media={content} text={content.caption} />;
    case 'audio':
      return <Player kind="audio" media={content} text={content.transcript} />;
    case 'file':
      return <FileCard media={content} otherwise={words.file} />;
    case 'location':
      return <Place place={content} />;
    case 'sticker':
      return <Sticker emoji={content.emoji} url={content.url} />;
    case 'link':
      return <LinkCard card={content} />;
    case 'card':
      return <LinkCard card={content} kind={content.kind === 'order' ? words.order : words.product} />;
    case 'choices':
      return <Choices content={content} open={open} />;
    case 'form':
      return <FormEntry content={content} open={open} />;
    case 'rating':
      return content.survey === undefined ? (
        <RatingEntry content={content} open={open} />
      ) : (
        <SurveyEntry shape={content.survey} />
      );
    case 'call':
      return <Text text={words.call(content.outcome)} />;
    case 'system':
      return <Text text={content.text} />;
    default:
      // A newer server may know more types than this page, which was loaded before.
      return <Text text={`[${(content as { type: string }).type}]`} />;
  }
}

export function Text({ text }: { text: string }) {
  return (
    <p class="text" dir="auto">
      {linkify(text).map((part, index) =>
        part.href === undefined ? (
          part.text
        ) : (
          <OutLink key={index} href={part.href}>
            {part.text}
          </OutLink>
        ),
      )}
    </p>
  );
}

/** A link that gives the other page neither our window nor our good name. */
export function OutLink({
  href,
  className,
  children,
}: {
  href: string;
  className?: string;
  children: ComponentChildren;
}) {
  return (
    <a href={href} class={className ?? 'link'} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function Missing({ media }: { media: Media }) {
  const { words } = useScope();
  return <p class="text muted">{media.unavailable ?? words.unavailable}</p>;
}

/** As tall as the style sheet lets a picture be. */
const pictureHeightPx = 280;

/** The room that a picture will take, so that nothing moves when it arrives. */
function roomFor({ width = 0, height = 0 }: Media) {
  if (!(width > 0 && height > 0)) return {};
  const shownWidth = Math.min(width, (pictureHeightPx * width) / height);
  return { style: { width: `${shownWidth}px`, aspectRatio: `${width} / ${height}` } };
}

function Picture({ media, caption }: { media: Media; caption: string | undefined }) {
  const { host, words } = useScope();
  const [isBroken, setBroken] = useState(false);
  const url = safeUrl(media.url, host.server);
  if (url === undefined) return <Missing media={media} />;
  const alt = caption ?? media.fileName ?? words.picture;
  return (
    <figure class="picture">
      {isBroken ? (
        <FileCard media={media} otherwise={words.picture} />
      ) : (
        <OutLink href={url} className="picture-link">
          <img
            src={url}
            alt={alt}
            loading="lazy"
            decoding="async"
            onError={() => setBroken(true)}
            {...roomFor(media)}
          />
        </OutLink>
      )}
      {caption !== undefined && <Text text={caption} />}
    </figure>
  );
}

/** Plays here; what this browser cannot play, or the page's policy does not let it, is offered as a file. */
function Player({ kind, media, text }: { kind: 'audio' | 'video'; media: Media; text: string | undefined }) {
  const { host, words } = useScope();
  const [isBroken, setBroken] = useState(false);
  const src = safeUrl(media.url, host.server);
  if (src === undefined) return <Missing media={media} />;
  const shared = { src, controls: true, preload: 'metadata', onError: () => setBroken(true) } as const;
  return (
    <figure class="player">
      {isBroken ? (
        <FileCard media={media} otherwise={words[kind]} />
      ) : kind === 'video' ? (
        <video {...shared} playsInline aria-label={media.fileName ?? words.video} />
      ) : (
        <audio {...shared} aria-label={words.audio} />
      )}
      {text !== undefined && <Text text={text} />}
    </figure>
  );
}

/** `otherwise` names a file that came without a name. */
function FileCard({ media, otherwise }: { media: Media; otherwise: string }) {
  const { host } = useScope();
  const url = safeUrl(media.url, host.server);
  if (url === undefined) return <Missing media={media} />;
  return (
    <OutLink href={url} className="tile">
      <span class="tile-icon">
        <Icon name="file" />
      </span>
      <span class="tile-words">
        <b dir="auto">{media.fileName ?? otherwise}</b>
        {media.sizeBytes !== undefined && <small>{formatSize(media.sizeBytes)}</small>}
      </span>
    </OutLink>
  );
}

function Place({ place }: { place: LocationContent }) {
  const { words } = useScope();
  const { latitude, longitude, name, address } = place;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return (
    <OutLink href={href} className="tile">
      <span class="tile-icon">
        <Icon name="pin" />
      </span>
      <span class="tile-words">
        <b dir="auto">{name ?? words.location}</b>
        <small dir="auto">{address ?? `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`}</small>
      </span>
    </OutLink>
  );
}

function Sticker({ emoji, url }: { emoji: string | undefined; url: string | undefined }) {
  const { host, words } = useScope();
  const src = safeUrl(url ?? '', host.server);
  if (src !== undefined) return <img class="sticker" src={src} alt={emoji ?? words.sticker} loading="lazy" />;
  return <p class="text big">{emoji ?? `[${words.sticker}]`}</p>;
}

function LinkCard({ card, kind }: { card: LinkContent | CardContent; kind?: string }) {
  const { host, words } = useScope();
  const picture = safeUrl(card.pictureUrl ?? '', host.server);
  const href = safeUrl(card.url ?? '', host.server);
  return (
    <div class="card">
      {picture !== undefined && <img src={picture} alt="" loading="lazy" decoding="async" />}
      <div class="card-words">
        {kind !== undefined && <small>{kind}</small>}
        <b dir="auto">{card.title}</b>
        {'price' in card && card.price !== undefined && <span class="price">{card.price}</span>}
        {card.description !== undefined && <span dir="auto">{card.description}</span>}
        {href !== undefined && <OutLink href={href}>{card.type === 'link' ? new URL(href).host : words.view}</OutLink>}
      </div>
    </div>
  );
}

/** Buttons until somebody has answered, by one of them or in words. */
function Choices({ content, open }: { content: ChoicesContent; open: boolean }) {
  const { send, words, focusComposer } = useScope();
  function choose(label: string): void {
    // The buttons go with the answer, and with them the focus would.
    if (send({ type: 'text', text: label })) focusComposer();
  }
  return (
    <>
      <Text text={content.text} />
      {open && (
        <fieldset class="choices" aria-label={words.choose}>
          {content.choices.map(({ id, label }) => (
            <button type="button" class="choice" dir="auto" key={id} onClick={() => choose(label)}>
              {label}
            </button>
          ))}
        </fieldset>
      )}
    </>
  );
}
