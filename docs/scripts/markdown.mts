/** A page that is generated: `format: detect` reads it as plain Markdown, so that `{` and `<` are text. */
export function generatedPage({ title, description, position, body }: { readonly title: string; readonly description: string; readonly position: number; readonly body: string }): string {
  const front = { title, description, sidebar_position: position, custom_edit_url: null };
  return `---\n${Object.entries(front).map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join('\n')}\n---\n\n${body.trim()}\n`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');
}

/** Text that is not Markdown, made to read the same in it. */
export function plain(text: string): string {
  return text.replace(/[\\*_<>[\]]/g, '\\$&');
}
