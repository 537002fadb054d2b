import type { ReactNode } from 'react';
import { MovedPage } from '../../../components/moved/moved';

const moved = [
  { anchor: '', to: '/states/', label: 'The four states' },
  { anchor: 'infrastructure-states', to: '/states/', label: 'The four states' },
  { anchor: 'anatomy-of-a-deployment', to: '/recipes/deploy-with-migration/', label: 'A release with a migration, step by step' },
  { anchor: 'infrastructure-as-code', to: '/guides/infrastructure-code/', label: 'Living with infrastructure code' },
  { anchor: 'infrastructure-diagram', to: '/states/', label: 'What is on in each state' },
];

export default function Deployment(): ReactNode {
  return <MovedPage title="Deployment" moved={moved} />;
}
