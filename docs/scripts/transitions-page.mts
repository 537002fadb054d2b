import { connect, planTransition, renderTransition, type StateName, transitionTo } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from '../../examples/environments/graasp-blueprint.js';
import { graaspDev } from '../../examples/environments/graasp-definition.js';
import { graaspImages } from '../../examples/environments/graasp-images.js';
import { generatedPage } from './markdown.mjs';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const states: readonly StateName[] = ['running', 'restricted', 'db-only', 'stopped'];

/** The plan of every move, as `planTransition` makes it of Graasp's dev in a local cloud that is brought into each state in turn. */
export async function transitionsPage(): Promise<string> {
  await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
  const env = (await connect(graaspDev, cloud.connection))._unsafeUnwrap();
  const sections: string[] = [];
  for (const from of states) {
    const moved = await transitionTo(env, from);
    if (moved.isErr()) throw new Error(`${from}: ${moved.error.message}`);
    for (const to of states.filter((state) => state !== from)) {
      const plan = (await planTransition(env, to))._unsafeUnwrap();
      sections.push(`## ${from} to ${to}\n\n\`\`\`text\n${renderTransition(plan).trim()}\n\`\`\``);
    }
  }
  const body = `What \`planTransition\` tells of each move of Graasp's dev environment, and what \`transitionTo\` then does, in this order.\n\n${sections.join('\n\n')}`;
  return generatedPage({ title: 'Every move between states', description: 'The plan of each of the twelve moves between the four states.', position: 5, body });
}
