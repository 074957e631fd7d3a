/**
 * ESLint rule: a name that comes from elsewhere may be `constructor` or `__proto__`, which every object has. So no object is
 * indexed with, and `in` is not asked for, a name of the type `string`: use `own()` of `src/lib/own.ts`, or a Map.
 */
import { ESLintUtils } from '@typescript-eslint/utils';
import ts from 'typescript';

export const ownProperty = ESLintUtils.RuleCreator.withoutDocs({
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      index: 'This name may be one that every object has: use own() of src/lib/own.ts, or a Map.',
      in: 'This name may be one that every object has: use Object.hasOwn, or a Map.',
    },
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();

    /** Whether the type is `string` itself, and no union of known names. */
    const isAnyName = (node) =>
      (services.getTypeAtLocation(node).flags & ts.TypeFlags.String) !== 0;
    /** Arrays, typed arrays and texts are indexed by numbers. */
    const isIndexedByNumbers = (node) =>
      checker.getIndexInfoOfType(services.getTypeAtLocation(node), ts.IndexKind.Number) !==
        undefined &&
      checker.getIndexInfoOfType(services.getTypeAtLocation(node), ts.IndexKind.String) ===
        undefined;

    return {
      MemberExpression(node) {
        if (!node.computed || node.property.type === 'Literal') return;
        if (!isAnyName(node.property) || isIndexedByNumbers(node.object)) return;
        context.report({ node: node.property, messageId: 'index' });
      },
      "BinaryExpression[operator='in']"(node) {
        if (node.left.type !== 'Literal' && isAnyName(node.left)) {
          context.report({ node: node.left, messageId: 'in' });
        }
      },
    };
  },
});
