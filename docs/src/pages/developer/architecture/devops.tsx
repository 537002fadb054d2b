import type { ReactNode } from 'react';
import { MovedPage } from '../../../components/moved/moved';

const moved = [
  { anchor: '', to: '/recipes/deploy-with-migration/', label: 'Deploying a version with a migration' },
  { anchor: 'deploying-a-new-version-requiring-a-migration', to: '/recipes/deploy-with-migration/', label: 'Deploying a new version requiring a migration' },
  { anchor: 'recipies', to: '/recipes/', label: 'Recipes' },
  { anchor: 'deployment-state', to: '/states/', label: 'The four states' },
  { anchor: 'context', to: '/start/what-it-is/', label: 'What it is' },
  { anchor: 'continuous-integration-ci', to: '/guides/github-actions/', label: 'GitHub Actions' },
  { anchor: 'infrastructure', to: '/guides/infrastructure-code/', label: 'Infrastructure' },
  { anchor: 'infrastructure-as-code-iac', to: '/guides/infrastructure-code/', label: 'Living with infrastructure code' },
];

export default function Devops(): ReactNode {
  return <MovedPage title="DevOps / Deployment" moved={moved} />;
}
