import path from 'node:path';

/** Files are named, in kebab-case, as what they export; a drawer for everything is not a name. */
export const fileNames = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      drawer: "'{{name}}' names a drawer, not a thing: name the file as what it exports.",
      case: "'{{name}}' is not kebab-case.",
    },
  },
  create(context) {
    return {
      Program(node) {
        const names = [path.basename(context.filename).split('.')[0], path.basename(path.dirname(context.filename))];
        for (const name of names) {
          if (/^(utils?|helpers?|commons?|misc)$/i.test(name)) context.report({ node, messageId: 'drawer', data: { name } });
        }
        if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(names[0])) context.report({ node, messageId: 'case', data: { name: names[0] } });
      },
    };
  },
};
