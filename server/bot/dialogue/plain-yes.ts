import { folded } from './requests.ts';

const plainYes =
  /^(?:(?:yes|yeah|yep|yup|sure|ok|okay|correct|right|exactly|confirm|confirmed|go ahead|do it|of course)(?: (?:please|do|thanks|it))*|please(?: do)?|(?:是|对|好|行|嗯|要|可以|确认|确定|没问题|同意)(?:的|了|吧|啊|呀|哦|嗯|谢谢)*)$/u;

/** Whether a text says yes and nothing else: "yes, but another address" and 对了 are no word on which to act. */
export function isPlainYes(text: string): boolean {
  const bare = folded(text)
    .replace(/[\s!.,~。，！～、]+/gu, ' ')
    .trim();
  return bare !== '对了' && plainYes.test(bare.replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, ''));
}
