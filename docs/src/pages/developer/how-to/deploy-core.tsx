import type { ReactNode } from 'react';
import { MovedPage } from '../../../components/moved/moved';

const moved = [{ anchor: '', to: '/recipes/deploy-with-migration/', label: 'Deploy a version with a migration' }];

export default function DeployCore(): ReactNode {
  return <MovedPage title="Deploy a new backend version" moved={moved} />;
}
