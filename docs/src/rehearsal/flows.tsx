import { useEffect, useState, type ReactNode, type RefObject } from 'react';
import styles from './flows.module.css';

/** From one node of the diagram to another; nodes are named by `data-node`. */
export interface Edge {
  /** Whose way it is. */
  readonly of: string;
  readonly from: string;
  readonly to: string;
  readonly answer: string;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
}

interface FlowsProps {
  readonly area: RefObject<HTMLDivElement | null>;
  readonly edges: readonly Edge[];
}

/** Lines between the boxes, wherever the layout has put them. The boxes say in words what the lines show. */
export function Flows({ area, edges }: FlowsProps): ReactNode {
  const [layout, setLayout] = useState<Layout | null>(null);
  useEffect(() => {
    const element = area.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setLayout(measured(element)));
    observer.observe(element);
    for (const node of nodesOf(element)) observer.observe(node);
    return () => observer.disconnect();
  }, [area]);
  if (layout === null) return null;
  const drawn = edges.flatMap((edge) => withPath(edge, edges, layout));
  return (
    <svg className={styles.flows} width={layout.width} height={layout.height} aria-hidden="true">
      {drawn.map(({ edge, path }) => (
        <g key={`${edge.of} ${edge.from} ${edge.to}`} data-answer={edge.answer}>
          <path className={styles.line} d={path} />
          <path className={styles.flow} d={path} />
        </g>
      ))}
    </svg>
  );
}

function nodesOf(element: HTMLElement): readonly HTMLElement[] {
  return [...element.querySelectorAll<HTMLElement>('[data-node]')];
}

function measured(element: HTMLElement): Layout {
  const origin = element.getBoundingClientRect();
  const boxes = nodesOf(element).map((node): [string, Box] => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return [node.dataset['node'] ?? '', { left: left - origin.left, top: top - origin.top, width, height }];
  });
  return { width: origin.width, height: origin.height, boxes: new Map(boxes) };
}

function withPath(edge: Edge, edges: readonly Edge[], { boxes }: Layout): readonly { readonly edge: Edge; readonly path: string }[] {
  const [from, to] = [boxes.get(edge.from), boxes.get(edge.to)];
  if (from === undefined || to === undefined) return [];
  const leaving = placeOf(edge, edges.filter((other) => other.from === edge.from));
  const arriving = placeOf(edge, edges.filter((other) => other.to === edge.to));
  const goesDown = isStacked(boxes) ? from.top + from.height <= to.top : from.left + from.width > to.left;
  return [{ edge, path: goesDown ? down(from, to, leaving, arriving) : across(from, to, leaving, arriving) }];
}

/** Whether the diagram goes from top to bottom. */
function isStacked(boxes: Layout['boxes']): boolean {
  const [people, balancer] = [boxes.get('visitors'), boxes.get('rule:web')];
  return people !== undefined && balancer !== undefined && people.top + people.height <= balancer.top && people.left < balancer.left + balancer.width;
}

/** Lines that share an end lie side by side: where on that side, from 0 to 1. */
function placeOf(edge: Edge, sharing: readonly Edge[]): number {
  return (sharing.indexOf(edge) + 1) / (sharing.length + 1);
}

function across(from: Box, to: Box, leaving: number, arriving: number): string {
  const [x1, y1, x2, y2] = [from.left + from.width, from.top + from.height * leaving, to.left, to.top + to.height * arriving];
  const bend = Math.max(16, (x2 - x1) / 2);
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function down(from: Box, to: Box, leaving: number, arriving: number): string {
  const [x1, y1, x2, y2] = [from.left + from.width * leaving, from.top + from.height, to.left + to.width * arriving, to.top];
  const bend = Math.max(10, (y2 - y1) / 2);
  return `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`;
}
