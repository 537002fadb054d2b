import { defineEnvironment, secretFromEnv, type ServiceDefinition } from '@graasp/deploy';

/** Each has what others have a cluster for: a site, an API, jobs and an office. */
export const faculties = ['arts', 'biology', 'chemistry', 'design', 'economics', 'geology', 'history', 'law', 'medicine', 'physics'];

/** Ten times the same four services on one cluster, one instance and one listener, whose hundred rules are as many as AWS allows by default. */
export const campus = defineEnvironment({
  name: 'campus',
  region: 'us-east-1',
  cluster: 'campus',
  loadBalancer: 'campus',
  database: 'campus',
  services: Object.fromEntries(faculties.flatMap((faculty) => Object.entries(servicesOf(faculty)))),
  maintenance: { headerName: 'x-operator', headerValue: secretFromEnv('OPERATOR_SECRET') },
  migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'arts-api' },
  images: { repository: 'campus', mutableTags: { site: 'site-latest', api: 'api-latest', jobs: 'jobs-latest' } },
});

/** Whether `dependsOn` names services is told by `connect` here, and not by the compiler: it does not know what the loop makes. */
function servicesOf(faculty: string): Readonly<Record<string, ServiceDefinition>> {
  const released = (container: string) => ({ role: 'application', desiredCount: 1, databases: [faculty], release: { [container]: { tag: `${container}-{version}` } } }) as const;
  return {
    [`${faculty}-site`]: { ...released('site'), databases: [], dependsOn: [`${faculty}-api`] },
    [`${faculty}-api`]: { ...released('api'), dependsOn: [`${faculty}-jobs`] },
    [`${faculty}-jobs`]: released('jobs'),
    [`${faculty}-office`]: { role: 'administration', desiredCount: 1, databases: [faculty] },
  };
}
