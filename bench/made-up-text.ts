import { seeded } from '../server/base/seeded.ts';

const syllables =
  'ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to'.split(
    ' ',
  );
const signs =
  '的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从';

/** A word of the given rank; two ranks may by chance have the same. */
export function wordOf(rank: number, isChinese: boolean): string {
  const shape = seeded(rank);
  return isChinese
    ? Array.from({ length: 1 + Math.floor(shape() * 3) }, () => signs[Math.floor(shape() * signs.length)]).join('')
    : Array.from({ length: 1 + Math.floor(shape() * 4) }, () => syllables[Math.floor(shape() * syllables.length)]).join(
        '',
      );
}

/** Sentences of words that are as frequent as words are (Zipf's law), in Latin letters or Chinese signs, with numbers. */
export function sentenceMaker(): () => string {
  const random = seeded(7);
  return () => {
    const isChinese = random() < 0.5;
    const words = Array.from({ length: 3 + Math.floor(random() * 14) }, () =>
      random() < 0.06 ? String(Math.floor(random() * 1e9)) : wordOf(Math.floor(5_000 ** random()), isChinese),
    );
    return words.join(isChinese ? '' : ' ');
  };
}
