import {
  IconBrandFacebook,
  IconBrandInstagram,
  IconBrandTelegram,
  IconBrandTiktok,
  IconBrandWechat,
  IconBrandWhatsapp,
  IconMail,
  IconMessageCircle,
  IconPhone,
  IconWebhook,
  IconWorld,
} from '@tabler/icons-react';

const icons = [
  [/^web$/, IconWorld],
  [/wechat|wecom|weixin/, IconBrandWechat],
  [/webhook/, IconWebhook],
  [/mail/, IconMail],
  [/whatsapp/, IconBrandWhatsapp],
  [/telegram/, IconBrandTelegram],
  [/douyin|tiktok/, IconBrandTiktok],
  [/facebook|messenger/, IconBrandFacebook],
  [/instagram/, IconBrandInstagram],
  [/sms|voice|phone/, IconPhone],
] as const;

/** A picture of the kind of channel; types that we do not know get a general one. Decorative. */
export function ChannelIcon({ type, size }: { type: string; size: number }) {
  const Icon = icons.find(([pattern]) => pattern.test(type))?.[1] ?? IconMessageCircle;
  return <Icon size={size} stroke={1.8} aria-hidden="true" />;
}
