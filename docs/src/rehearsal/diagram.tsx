import { useRef, type ReactNode } from 'react';
import styles from './diagram.module.css';
import { type Edge, Flows } from './flows';
import type { DatabaseLook, MigrationLook, RuleLook, Scene, ServiceLook, SnapshotLook } from './scene';
import { hosts, versions } from './shop';
import type { Answer, Lane } from './visitors';

interface DiagramProps {
  readonly scene: Scene;
  readonly lanes: readonly Lane[];
}

/** The environment from left to right as a request goes; on a phone from top to bottom. */
export function Diagram({ scene, lanes }: DiagramProps): ReactNode {
  const area = useRef<HTMLDivElement>(null);
  const inUse = scene.databases.filter((database) => database.inUse);
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>The environment</figcaption>
      <div ref={area} className={styles.diagram}>
        <Flows area={area} edges={edgesOf(scene, lanes)} />
        <ul className={styles.people} aria-label="Who asks">
          {lanes.map((lane) => (
            <Person key={lane.name} lane={lane} />
          ))}
        </ul>
        <div className={styles.balancer}>
          <p className={styles.boxTitle}>Load balancer</p>
          <ul className={styles.rules} aria-label="Rules of the load balancer">
            {scene.rules.map((rule) => (
              <Rule key={rule.name} rule={rule} />
            ))}
            <li className={styles.rule} data-node="default">
              <span className={styles.ruleName}>anything else</span>
              <span className={styles.ruleSays}>
              mainte&shy;nance page, <Host name={hosts.closed} />
            </span>
            </li>
          </ul>
        </div>
        <ul className={styles.services} aria-label="Services">
          {scene.services.map((service) => (
            <Service key={service.name} service={service} />
          ))}
        </ul>
        <div className={styles.data}>
          <Migration migration={scene.migration} />
          {inUse.map((database) => (
            <Database key={database.identifier} database={database} />
          ))}
          {inUse.length === 0 && <p className={styles.database} data-node="database">No instance bears the name now</p>}
          <Kept databases={scene.databases.filter((database) => !database.inUse)} snapshots={scene.snapshots} />
        </div>
      </div>
    </figure>
  );
}

const answerTexts: Readonly<Record<Answer, string>> = {
  old: `see ${versions.old}`,
  new: `see ${versions.new}`,
  office: 'see the office',
  maintenance: 'see the mainte\u00ADnance page',
  down: 'are let in, but nothing runs',
  error: 'meet an error',
};

export function latest({ spans, name }: Lane): Answer {
  return spans.at(-1)?.answer ?? (name === 'staff' ? 'office' : 'old');
}

function Person({ lane }: { readonly lane: Lane }): ReactNode {
  const answer = latest(lane);
  return (
    <li className={styles.person} data-node={lane.name} data-answer={answer}>
      <span className={styles.personName}>{lane.title}</span>
      <span className={styles.personWho}>{lane.who}</span>
      <span className={styles.personSees}>{answerTexts[answer]}</span>
    </li>
  );
}

function Rule({ rule: { name, host, open } }: { readonly rule: RuleLook }): ReactNode {
  return (
    <li className={styles.rule} data-node={`rule:${name}`} data-open={open}>
      <span className={styles.ruleName}>
        <Host name={host} />
      </span>
      <span className={styles.ruleSays}>
        {open ? `everybody → ${name}` : `with the header → ${name}`}
      </span>
      <span className={styles.gate}>{open ? 'open' : 'closed'}</span>
    </li>
  );
}

/** Broken at its dots where it is too long. */
function Host({ name }: { readonly name: string }): ReactNode {
  return name.split('.').map((part, index) => (index === 0 ? part : [<wbr key={part} />, `.${part}`]));
}

function Service({ service: { name, role, desired, revision, tasks } }: { readonly service: ServiceLook }): ReactNode {
  return (
    <li className={styles.service} data-node={name} data-off={desired === 0 && tasks.length === 0 ? '' : undefined}>
      <span className={styles.serviceName}>{name}</span>
      <span className={styles.role}>{role.replace('admini', 'admini\u00AD')}</span>
      <span className={styles.revision}>
        {revision}, {desired === 0 ? 'stopped' : `${desired} wanted`}
      </span>
      <ul className={styles.tasks} aria-label={`Tasks of ${name}`}>
        {tasks.map(({ id, status, version }) => (
          <li key={id} className={styles.task} data-status={status} data-answer={version === versions.new ? 'new' : version === versions.old ? 'old' : 'office'}>
            {version ?? 'office'}
            <span className={styles.taskStatus}> {status}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}

const migrationTexts: Readonly<Record<MigrationLook['status'], string>> = { starting: 'its task starts', running: 'at work', succeeded: 'exited with 0', failed: 'exited with 1' };

function Migration({ migration }: { readonly migration: MigrationLook | null }): ReactNode {
  return (
    <p className={styles.migration} data-node="migration" data-status={migration?.status ?? 'none'}>
      <span className={styles.serviceName}>migration</span>
      <span className={styles.revision}>{migration === null ? 'not run yet' : `${migration.version ?? ''} ${migrationTexts[migration.status]}`}</span>
    </p>
  );
}

function Database({ database: { identifier, status, schema, rows } }: { readonly database: DatabaseLook }): ReactNode {
  return (
    <div className={styles.database} data-node="database" data-status={status}>
      <span className={styles.serviceName}>database {identifier}</span>
      <span className={styles.schema}>
        schema <strong key={schema}>{schema}</strong>
      </span>
      <span className={styles.revision}>{rows.toLocaleString('en')} rows</span>
      <span className={styles.status}>{status}</span>
    </div>
  );
}

/** What there is besides: instances beside the one in use, and restore points. */
function Kept({ databases, snapshots }: { readonly databases: readonly DatabaseLook[]; readonly snapshots: readonly SnapshotLook[] }): ReactNode {
  return (
    <ul className={styles.kept} aria-label="Snapshots and instances set aside">
      {databases.map(({ identifier, status, schema }) => (
        <li key={identifier}>
          <span className={styles.keptName}>{identifier}</span> instance beside it, schema {schema || '?'}, {status}
        </li>
      ))}
      {snapshots.map(({ identifier, status, percent }) => (
        <li key={identifier} data-status={status}>
          <span className={styles.keptName}>{identifier}</span> snapshot, {status === 'creating' ? `${percent} %` : status}
          {status === 'creating' && <progress max={100} value={percent} aria-label="Progress of the snapshot" />}
        </li>
      ))}
      {databases.length + snapshots.length === 0 && <li className={styles.none}>no snapshot yet</li>}
    </ul>
  );
}

/** Ways that requests take, by what they were answered last, and who is connected to the database. */
function edgesOf({ services, migration }: Scene, lanes: readonly Lane[]): readonly Edge[] {
  const asking = lanes.flatMap((lane) => waysOf(lane));
  const connected = services.filter(({ tasks }) => tasks.some(({ status }) => status === 'running')).map(({ name }): Edge => ({ of: name, from: name, to: 'database', answer: 'data' }));
  const migrating: readonly Edge[] = migration?.status === 'running' ? [{ of: 'migration', from: 'migration', to: 'database', answer: 'new' }] : [];
  return [...asking, ...connected, ...migrating];
}

function waysOf(lane: Lane): readonly Edge[] {
  const answer = latest(lane);
  const [rule, service] = lane.name === 'staff' ? ['rule:office', 'office'] : ['rule:web', 'web'];
  if (answer === 'maintenance') return [{ of: lane.name, from: lane.name, to: 'default', answer }];
  return [
    { of: lane.name, from: lane.name, to: rule, answer },
    { of: lane.name, from: rule, to: service, answer },
  ];
}
