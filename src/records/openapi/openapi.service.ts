import { Inject, Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { RequestContext } from '../../platform/http/index.js';
import { recordTypes } from '../metadata/registry.js';
import { ACCESS_POLICY, type AccessPolicy } from '../ports/access-policy.js';
import { TypeViews } from '../view/type-views.service.js';
import { recordPaths } from './record-paths.js';
import { inputSchema, recordSchema, schemaName } from './record-schemas.js';
import { systemPaths, systemSchemas } from './system-paths.js';

type Node = Record<string, unknown>;

/** The API as the caller may know it: the record types live, the other controllers as their decorators say. */
@Injectable()
export class OpenApiService {
  private others: { paths: Node; schemas: Node } = { paths: {}, schemas: {} };

  constructor(
    private readonly views: TypeViews,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /** Called once at start: reads the controllers that are not the engine's. */
  include(app: INestApplication): void {
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build(), {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    });
    this.others = {
      paths: document.paths as unknown as Node,
      schemas: (document.components?.schemas ?? {}) as Node,
    };
    for (const item of Object.values(this.others.paths)) addProblems(item as Node);
  }

  document(ctx: RequestContext): Node {
    const views = recordTypes().map((type) => this.views.of(ctx, type));
    const schemas = views.flatMap((view) => {
      const name = schemaName(view.type.name);
      const readOnly = this.policy.readOnlyFields(ctx, view.type);
      return [
        [name, recordSchema(view)],
        [`${name}Input`, inputSchema(view, readOnly, true)],
        [`${name}Patch`, inputSchema(view, readOnly, false)],
      ];
    });
    return {
      openapi: '3.1.0',
      info: { title: 'Holdfast', version: '1', description: 'A CRM with a policy-controlled cloud replica.' },
      servers: [{ url: '/' }],
      security: [{ bearer: [] }, { session: [] }],
      paths: {
        ...this.others.paths,
        ...systemPaths,
        ...Object.assign({}, ...views.map((view) => recordPaths(view))),
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'header', name: 'Cookie', description: 'the session cookie' },
        },
        schemas: { ...this.others.schemas, ...systemSchemas, ...Object.fromEntries(schemas) },
      },
    };
  }
}

const methods: ReadonlySet<string> = new Set(['get', 'put', 'post', 'patch', 'delete', 'head', 'options']);

/** Every operation can end in a problem document, whether its decorators say so or not. */
function addProblems(item: Node): void {
  for (const [method, operation] of Object.entries(item)) {
    if (!methods.has(method)) continue;
    const known = operation as { responses?: Node };
    known.responses = {
      ...known.responses,
      default: {
        description: 'a problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    };
  }
}
