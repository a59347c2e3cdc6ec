/**
 * What no text of ours needs and what hides words from the eye or speaks to a model in its own signs: control characters,
 * zero-width and direction marks, the invisible tag characters, and the marks with which models part their roles.
 */
const invisible = /[[\p{Cc}\p{Cf}]--[\t\n]]/gv;
const roleMarks =
  /<\|[^|<>]{0,40}\|>|\[\/?(?:INST|SYS|SYSTEM)\]|<<\/?SYS>>|<\/?(?:system|assistant|user|im_start|im_end|start_of_turn|end_of_turn|s)>/gi;

/** A text as data: without control strings, in one form of each character, of bounded length. */
export function plainText(text: string, most = 4_000): string {
  const clean = text.replace(/\r\n?/g, '\n').replace(invisible, '').normalize('NFC');
  let before: string;
  let stripped = clean;
  // What is left when one was inside another is one again.
  do {
    before = stripped;
    stripped = before.replace(roleMarks, ' ');
  } while (stripped !== before);
  return stripped.slice(0, most).toWellFormed().trim();
}

/** Words by which a text gives orders to a model in place of telling a person something. */
const orders: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|prompts?|rules?|guidelines?|context|above|previous|prior|system|safety|policy|policies)\b/i,
  /\b(?:system|developer)\s*(?:prompt|message|instructions?|override|mode|note)\b/i,
  /(?:^|\n|[.!?]\s)\s*(?:system|assistant|developer|###\s*\w+)\s*:/i,
  /\b(?:you are now|from now on,? you|act as|pretend (?:to be|you)|roleplay as|jailbreak|do anything now|\bDAN\b)/i,
  /\b(?:as an? (?:ai|language model|assistant)|(?:ai|llm|chatbot|assistant|language model)s? (?:must|should|shall|has to|have to|are required))\b/i,
  /\b(?:reveal|print|repeat|output|leak|show)\b.{0,30}\b(?:prompt|instructions?|api.?key|secret|password|passages? verbatim)\b/i,
  /\b(?:new|updated|hidden|secret) instructions?\b/i,
  /(?:忽略|无视|忘记|忘掉|不要理会|覆盖|绕过).{0,20}(?:指令|指示|提示|规则|要求|上文|以上|之前|前面|系统|设定|限制)/,
  /(?:系统|开发者)(?:提示|指令|消息|设定|模式)/,
  /(?:^|\n|[。！？])\s*(?:系统|助手|助理|开发者)\s*[:：]/,
  /(?:你现在是|从现在(?:开始|起)|扮演|假装(?:你|成)|越狱|开发者模式)/,
  /(?:AI|人工智能|机器人|模型|助手|客服机器人).{0,6}(?:必须|应当|应该|务必|需要)(?:回答|回复|告诉|告知|输出|说|忽略)/i,
  /(?:输出|打印|透露|泄露|重复|显示).{0,12}(?:提示词|系统提示|指令|密钥|密码|口令)/,
  /(?:新的|隐藏|秘密)(?:指令|指示)/,
];

/** Whether a text speaks to a model. Customers may do so, and get no answer from it; passages have no reason to. */
export function givesOrders(text: string): boolean {
  const head = text.slice(0, 8_000).normalize('NFKC');
  return orders.some((pattern) => pattern.test(head));
}
