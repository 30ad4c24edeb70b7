/** Text that is HTML already. Everything else that goes into `html` is made harmless. */
export interface Html {
  html: string;
}

type Part = Html | string | number | undefined | Part[];

/** A piece of a page: `html\`<b>${name}</b>\``. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return { html: texts.map((text, at) => text + (at < parts.length ? written(parts[at]) : '')).join('') };
}

function written(part: Part): string {
  if (part === undefined) return '';
  if (Array.isArray(part)) return part.map(written).join('');
  return typeof part === 'object' ? part.html : escaped(String(part));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

/** Words between backticks as code, blank lines as paragraphs: what descriptions use of Markdown. */
export function prose(text: string): Html[] {
  return text.split('\n\n').map((paragraph) => {
    const parts = paragraph.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
    return html`<p>${parts}</p>\n`;
  });
}
