import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { recordingRun } from './recording-run.fixture.js';
import { watchOtherTasks } from './watch-other-tasks.js';
