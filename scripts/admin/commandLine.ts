import { parseArgs } from 'node:util';

export interface AdminCommand {
  command: 'help' | 'grant' | 'revoke' | 'list';
  /** Of whom; empty for the commands that take nobody. */
  email: string;
  project: string | undefined;
}

export const HELP = `npm run admin -- <command>      who operates the service; the first operator is made here

  grant <e-mail>    makes the person an operator
                    운영자 권한을 줍니다
  revoke <e-mail>   takes that away again; the last operator stays
                    운영자 권한을 거둡니다. 마지막 운영자는 남습니다
  list              all operators
                    운영자 목록을 보여 줍니다

Options
  --project PROJECT  a project of Google Cloud, with your own credentials (gcloud auth application-default login);
                     without it, the Sori that runs on this machine (npm start)
  --help             this text

The person must have an account, and have used it once. Every change is written to the audit (listAudit). Exit status 1 when nothing was done.`;

const COMMANDS = ['grant', 'revoke', 'list'] as const;

/** @throws saying what to type instead */
export function readCommandLine(args: string[]): AdminCommand {
  const { values, positionals } = parse(args);
  const [typed, email = '', ...more] = positionals;
  const command = COMMANDS.find((name) => name === typed);
  const { project } = values;
  if (values.help || typed === undefined || typed === 'help') return { command: 'help', email: '', project };
  if (!command) throw new Error(`There is no command "${typed}".\n\n${HELP}`);
  const expected = command === 'list' ? 0 : 1;
  if (positionals.length - 1 > expected) throw new Error(`Too much: ${[email, ...more].slice(expected).join(' ')}\n\n${HELP}`);
  if (command !== 'list' && !email.includes('@')) {
    throw new Error(
      `${command} takes the e-mail of an account: npm run admin -- ${command} somebody@example.com · 계정의 이메일을 적어 주세요`,
    );
  }
  return { command, email, project };
}

function parse(args: string[]) {
  const options = { help: { type: 'boolean', short: 'h' }, project: { type: 'string' } } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${HELP}`);
  }
}
