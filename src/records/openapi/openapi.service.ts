import { Inject, Injectable, type INestApplication } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { RequestContext } from '../../platform/http/index.js';
import { recordTypes } from '../metadata/registry.js';
import { ACCESS_POLICY, type AccessPolicy } from '../ports/access-policy.js';
import { TypeViews } from '../view/type-views.service.js';
import { withNullTypes } from './nullable.js';
import { recordPaths } from './record-paths.js';
import { inputSchema, recordSchema, schemaName } from './record-schemas.js';
import { systemPaths, systemSchemas } from './system-paths.js';

type Node = Record<string, unknown>;

/** The API as the caller may know it: the record types live, the other controllers as their decorators say. */
@Injectable()
export class OpenApiService {
  private others: { paths: Node; schemas: Node } | undefined;

  constructor(
    private readonly views: TypeViews,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    private readonly modules: ModulesContainer,
    private readonly applicationConfig: ApplicationConfig,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** What the decorators of the controllers say that are not the engine's; they do not change while we run. */
  private fromControllers(): { paths: Node; schemas: Node } {
    // The scanner asks for the application but looks at no more of it than this, and a service has no application.
    const application = {
      container: { getModules: () => this.modules },
      config: this.applicationConfig,
      getHttpAdapter: () => this.adapterHost.httpAdapter,
    } as unknown as INestApplication;
    const document = SwaggerModule.createDocument(application, new DocumentBuilder().build(), {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    });
    const { paths, components } = document;
    return { paths: withNullTypes(paths) as Node, schemas: withNullTypes(components?.schemas ?? {}) as Node };
  }

  document(ctx: RequestContext): Node {
    const others = (this.others ??= this.fromControllers());
    const views = recordTypes().map((type) => this.views.of(ctx, type));
    const schemas = views.flatMap((view): [string, Node][] => {
      const name = schemaName(view.type.name);
      const readOnly = this.policy.readOnlyFields(ctx, view.type);
      return [
        [name, recordSchema(view)],
        [`${name}Input`, inputSchema(view, readOnly, true)],
        [`${name}Patch`, inputSchema(view, readOnly, false)],
      ];
    });
    const paths: Node = { ...others.paths, ...systemPaths };
    // An operation that a type does in its own way is described by its controller.
    for (const view of views)
      for (const [path, item] of Object.entries(recordPaths(view)))
        paths[path] = { ...item, ...(paths[path] as Node | undefined) };
    for (const item of Object.values(paths)) addProblems(item as Node);
    return {
      openapi: '3.1.0',
      info: { title: 'Holdfast', version: '1', description: 'A CRM with a policy-controlled cloud replica.' },
      servers: [{ url: '/' }],
      security: [{ bearer: [] }, { session: [] }],
      paths,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'header', name: 'Cookie', description: 'the session cookie' },
        },
        schemas: { ...others.schemas, ...systemSchemas, ...Object.fromEntries(schemas) },
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
