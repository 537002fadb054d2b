import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** Of the machine's environment what does not configure AWS's clients; of AWS's no profile, no file, no second attempt, no pager. */
export function clientEnvironment(): NodeJS.ProcessEnv {
  const nowhere = path.join(import.meta.dirname, 'no-such-file');
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS_|BOTO)|_proxy$/i.test(name))),
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_DEFAULT_OUTPUT: 'json',
    AWS_CONFIG_FILE: nowhere,
    AWS_SHARED_CREDENTIALS_FILE: nowhere,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
    AWS_CLI_AUTO_PROMPT: 'off',
  };
}

/** The file behind `aws`; undefined where it is not installed. */
export function awsProgram(): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(path.delimiter)) {
    try {
      return realpathSync(path.join(directory, 'aws'));
    } catch {
      // not in this one
    }
  }
  return undefined;
}

/** Pythons that may have the command line's botocore: the one that `aws` names in its first line, and the machine's. */
export function pythons(): readonly string[] {
  const program = awsProgram();
  if (program === undefined) return [];
  const interpreter = /^#!(\S*python[\d.]*)/.exec(readFileSync(program, 'latin1').slice(0, 200))?.[1];
  return [...(interpreter === undefined ? [] : [interpreter]), 'python3', '/usr/bin/python3'];
}

/** Says on the terminal that a test did not run, which a skipped test alone hardly does. */
export function saySkipped(what: string): void {
  process.stderr.write(`\nSKIPPED: ${what}\n\n`);
}
