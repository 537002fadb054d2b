import path from 'node:path';
import { builtinModules } from 'node:module';

/** Holds every kind of import (types, `import()`, re-exports, `require`) against a table of who may import what. */
export const keepBoundaries = {
  meta: {
    type: 'problem',
    schema: [{ type: 'array' }],
    messages: { crossed: "'{{imported}}' may not be imported here: {{because}}" },
  },
  create(context) {
    const file = fromRoot(context, context.filename);
    const rules = context.options[0].filter((rule) => rule.from.test(file) && !rule.except?.some((each) => each.test(file)));

    function check(source) {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const target = targetOf(context, source.value);
      const rule = rules.find((each) => each.target.test(target));
      if (rule) context.report({ node: source, messageId: 'crossed', data: { imported: source.value, because: rule.because } });
    }

    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
      TSExternalModuleReference: (node) => check(node.expression),
      'CallExpression[callee.name="require"]': (node) => check(node.arguments[0]),
      'CallExpression[callee.property.name="getBuiltinModule"]': (node) => check(node.arguments[0]),
    };
  },
};

function targetOf(context, specifier) {
  if (specifier.startsWith('.')) return fromRoot(context, path.resolve(path.dirname(context.filename), specifier));
  return builtinModules.includes(specifier) ? `node:${specifier}` : specifier;
}

function fromRoot(context, file) {
  return path.relative(context.cwd, file).split(path.sep).join('/');
}
