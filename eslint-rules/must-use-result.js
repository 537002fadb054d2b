import ts from 'typescript';

/**
 * Fails where a neverthrow Result is thrown away: a step whose error nobody looks at has not been called safely.
 * Sees through `await`, promises, arrays and chains, because it asks the type checker instead of looking at names.
 */
export const mustUseResult = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      dropped: 'This {{type}} is dropped, and its error with it: return it, `yield*` it, match it, or handle its error.',
      swallowed: 'This callback gives a {{type}} to a caller that ignores what it returns, so its error is lost.',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const typeOf = (node) => checker.getTypeAtLocation(services.esTreeNodeToTSNodeMap.get(node));

    function reportDropped(expression) {
      for (const value of valuesOf(expression)) {
        const type = resultIn(checker, typeOf(value));
        if (type) context.report({ node: value, messageId: 'dropped', data: { type } });
      }
    }

    function reportSwallowed(callback) {
      const expected = checker.getContextualType(services.esTreeNodeToTSNodeMap.get(callback));
      if (!expected || !returnsVoid(checker, expected)) return;
      for (const signature of typeOf(callback).getCallSignatures()) {
        const type = resultIn(checker, signature.getReturnType());
        if (type) return context.report({ node: callback, messageId: 'swallowed', data: { type } });
      }
    }

    return {
      ExpressionStatement: (node) => reportDropped(node.expression),
      'UnaryExpression[operator="void"]': (node) => reportDropped(node.argument),
      SequenceExpression: (node) => node.expressions.slice(0, -1).forEach(reportDropped),
      ForStatement: (node) => [node.init, node.update].filter((part) => part && part.type !== 'VariableDeclaration').forEach(reportDropped),
      ArrowFunctionExpression: reportSwallowed,
      FunctionExpression: reportSwallowed,
      'CallExpression > Identifier.arguments': reportSwallowed,
      'CallExpression > MemberExpression.arguments': reportSwallowed,
    };
  },
};

/** The expressions whose value a dropped expression is: the branches of `a ? b() : c()`, the right of `ok && b()`. */
function valuesOf(expression) {
  switch (expression.type) {
    case 'ConditionalExpression':
      return [...valuesOf(expression.consequent), ...valuesOf(expression.alternate)];
    case 'LogicalExpression':
      return [...valuesOf(expression.left), ...valuesOf(expression.right)];
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return valuesOf(expression.expression);
    // its last part is what the statement drops; the parts before are dropped whatever becomes of it, and reported as such
    case 'SequenceExpression':
      return valuesOf(expression.expressions.at(-1));
    // an assignment keeps its value; `void` is looked at by itself
    case 'AssignmentExpression':
      return [];
    default:
      return expression.type === 'UnaryExpression' && expression.operator === 'void' ? [] : [expression];
  }
}

/** `Result` or `ResultAsync` when a value of this type, awaited or taken out of its array, is one. */
function resultIn(checker, type) {
  for (const part of type.isUnion() ? type.types : [type]) {
    if (isFromNeverthrow(part, ['ResultAsync'])) return 'ResultAsync';
    if (isFromNeverthrow(part, ['Ok', 'Err'])) return 'Result';
    const inner = innerTypes(checker, part).map((each) => resultIn(checker, each));
    const found = inner.find((each) => each !== undefined);
    if (found) return found;
  }
  return undefined;
}

function innerTypes(checker, type) {
  if (checker.isArrayType(type) || checker.isTupleType(type)) return checker.getTypeArguments(type);
  const awaited = checker.getAwaitedType(type);
  return awaited && awaited !== type ? [awaited] : [];
}

function isFromNeverthrow(type, names) {
  const symbol = type.getSymbol();
  if (!symbol || !names.includes(symbol.getName())) return false;
  return (symbol.declarations ?? []).some((each) => /[\\/]neverthrow[\\/]/.test(each.getSourceFile().fileName));
}

function returnsVoid(checker, type) {
  const signatures = checker.getNonNullableType(type).getCallSignatures();
  return signatures.length > 0 && signatures.every((each) => (each.getReturnType().flags & ts.TypeFlags.Void) !== 0);
}
