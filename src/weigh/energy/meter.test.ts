import { expect, test } from 'vitest';
import { findMeter, type MeterPlaces } from './meter.ts';

const placesOf = (files: Record<string, string>): MeterPlaces & { clock: number } => {
  const places = {
    clock: 0,
    list: (folder: string) => [
      ...new Set(
        Object.keys(files).flatMap((path) =>
          path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1).split('/')[0]!] : [],
        ),
      ),
    ],
    read: (path: string) => files[path] ?? null,
    now: () => places.clock,
  };
  return places;
};
const rapl = '/sys/class/powercap';

test('sums packages, not their parts, and survives the counter’s beginning again', () => {
  const files: Record<string, string> = {
    [`${rapl}/intel-rapl:0/energy_uj`]: '1000000\n',
    [`${rapl}/intel-rapl:0/max_energy_range_uj`]: '10000000\n',
    [`${rapl}/intel-rapl:1/energy_uj`]: '9500000\n',
    [`${rapl}/intel-rapl:1/max_energy_range_uj`]: '10000000\n',
    [`${rapl}/intel-rapl:0:0/energy_uj`]: '5\n',
  };
  const meter = findMeter(placesOf(files))!;
  expect(meter.source).toMatch(/2 CPU packages/);
  const end = meter.begin();
  files[`${rapl}/intel-rapl:0/energy_uj`] = '3000000';
  files[`${rapl}/intel-rapl:1/energy_uj`] = '500000';
  files[`${rapl}/intel-rapl:0:0/energy_uj`] = '999999';
  expect(end()).toBeCloseTo(2 + 1);
});

test('a discharging battery measures the whole machine; a charging one nothing', () => {
  const root = '/sys/class/power_supply/BAT0';
  const files: Record<string, string> = { [`${root}/status`]: 'Discharging\n', [`${root}/power_now`]: '10000000' };
  const places = placesOf(files);
  const end = findMeter(places)!.begin();
  places.clock = 2_000;
  files[`${root}/power_now`] = '20000000';
  expect(end()).toBeCloseTo(30);
  const byCurrent = placesOf({
    [`${root}/status`]: 'Discharging',
    [`${root}/current_now`]: '2000000',
    [`${root}/voltage_now`]: '12000000',
  });
  const endOther = findMeter(byCurrent)!.begin();
  byCurrent.clock = 1_000;
  expect(endOther()).toBeCloseTo(24);
  expect(findMeter(placesOf({ ...files, [`${root}/status`]: 'Charging' }))).toBeNull();
});

test('nothing readable is no meter', () => {
  expect(findMeter(placesOf({ [`${rapl}/intel-rapl:0/name`]: 'package-0' }))).toBeNull();
  expect(findMeter(placesOf({}))).toBeNull();
});
