import { QueryClient } from '@tanstack/react-query';
import { CoreAdminContext, localStorageStore } from 'ra-core';
import { lazy } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router-dom';
import { authProvider } from './api/auth-provider.js';
import { dataProvider } from './api/data-provider.js';
import { isProblem } from './api/problem.js';
import { session } from './api/session.js';
import { i18nProvider } from './i18n/i18n-provider.js';
import { preloadTypes } from './api/record-types.js';
import { Home } from './features/home/Home.js';
import { NotFound } from './shell/NotFound.js';
import { Shell } from './shell/Shell.js';
import { Boundary } from './shell/Boundary.js';

const ListPage = lazy(() => import('./records/list/ListPage.js'));
const RecordPage = lazy(() => import('./records/page/RecordPage.js'));
const CloudPage = lazy(() => import('./features/cloud/CloudPage.js'));

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // a refusal stays one however often it is asked; only a missing answer is worth a second try
      retry: (failures, error) =>
        failures < 2 && isProblem(error) && (error.status === 0 || error.status > 501),
    },
  },
});
if (session.get() !== null) void preloadTypes(queryClient);
// whoever signs in next must not see what the last person saw
session.subscribe(() => {
  if (session.get() === null) queryClient.clear();
});
const store = localStorageStore('1', 'holdfast');

export default function App() {
  return (
    <BrowserRouter>
      <CoreAdminContext
        dataProvider={dataProvider}
        authProvider={authProvider}
        i18nProvider={i18nProvider}
        queryClient={queryClient}
        store={store}
      >
        <Boundary>
          <Routes>
            <Route element={<Shell />}>
              <Route index element={<Home />} />
              <Route path="cloud" element={<CloudPage />} />
              <Route path=":plural" element={<ListPage />} />
              <Route path=":plural/:id" element={<RecordPage />} />
              <Route path="*" element={<NotFound />} />
            </Route>
          </Routes>
        </Boundary>
      </CoreAdminContext>
    </BrowserRouter>
  );
}
