/** Runs as traces of OpenTelemetry: `@graasp/deploy/opentelemetry`. Needs `@opentelemetry/api`. */
export { opentelemetryReporter, type OpentelemetryReporterOptions } from './reports/opentelemetry-reporter.js';
