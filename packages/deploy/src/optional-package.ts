/** What only some need, and who does installs beside this library. */
export type OptionalPackage = '@aws-sdk/client-cloudfront' | '@aws-sdk/client-iam' | '@aws-sdk/client-s3' | 'pg';

/** That one is not there: `maintenance.cloudFront needs the package …`. */
export function missingPackage(needs: string, name: OptionalPackage): string {
  return `${needs} needs the package ${name}, which is not installed beside @graasp/deploy: npm install ${name}`;
}
