import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, Param, Redirect, StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { NotFound } from '../../platform/errors/index.js';
import { Ctx, Public, type RequestContext } from '../../platform/http/index.js';
import { OpenApiService } from './openapi.service.js';

const uiFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Holdfast API</title>
    <link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#api', deepLinking: true });\n`;

/** The API for machines and people. The pages are public; the document itself needs a sign-in. */
@ApiExcludeController()
@Controller('api')
export class ApiDocsController {
  constructor(private readonly openApi: OpenApiService) {}

  @Get('openapi.json')
  document(@Ctx() ctx: RequestContext): Record<string, unknown> {
    return this.openApi.document(ctx);
  }

  @Public()
  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return page;
  }

  @Public()
  @Get('docs/start.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  start(): string {
    return start;
  }

  @Public()
  @Get('docs/index.html')
  @Redirect('/api/docs', 302)
  index(): void {
    return;
  }

  @Public()
  @Get('docs/:file')
  file(@Param('file') file: string): StreamableFile {
    const type = Object.hasOwn(files, file) ? files[file] : undefined;
    if (!type) throw new NotFound();
    return new StreamableFile(createReadStream(join(uiFolder, file)), { type });
  }
}
