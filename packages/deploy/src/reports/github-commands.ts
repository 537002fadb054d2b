/**
 * A workflow command of GitHub's runner (docs.github.com, "Workflow commands for GitHub Actions"), escaped as the runner takes it apart
 * (actions/runner, ActionCommand.cs) and `@actions/core` does; that package would bring an HTTP client for these few lines.
 */
export function workflowCommand(name: string, text: string, properties: Readonly<Record<string, string>> = {}): string {
  const told = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(value)}`);
  return `::${[name, told.join(',')].filter((part) => part !== '').join(' ')}::${escapedData(text)}`;
}

/**
 * Lines of others (a task's output, an error of AWS) are not to command the runner: it obeys `::name::` at the beginning of a line and
 * `##[name]` anywhere in it, on both streams.
 */
export function withoutCommands(text: string): string {
  return text.replace(/^([\s\u0085]*):(?=:)/gm, '$1:\u200B').replace(/##(?=\[)/g, '##\u200B');
}

/** One value for the file that GITHUB_OUTPUT names. The delimiter is one that nobody who has a say in the value can know. */
export function outputRecord(name: string, value: string, delimiter: string): string {
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

function escapedData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapedProperty(text: string): string {
  return escapedData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
