/**
 * An address that may be put into a link or a picture: http(s), or a file of our own server, whose addresses come
 * relative to it. Everything else (`javascript:`, `data:`, paths on the host page) is undefined.
 */
export function safeUrl(url: string, server: string): string | undefined {
  if (url.startsWith('/files/')) return server + url;
  if (!/^https?:\/\//i.test(url)) return undefined;
  return URL.canParse(url) ? new URL(url).href : undefined;
}
