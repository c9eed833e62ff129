import { readFileSync, readdirSync } from 'node:fs';

/** Measures the energy of the machine. */
export interface Meter {
  /** What it is, for the reader. */
  readonly source: string;
  /** Begin; the answer ends it and gives joules. */
  begin(): () => number;
}

/** Where meters are looked for; tests have places of their own. */
export interface MeterPlaces {
  readonly list: (folder: string) => readonly string[];
  readonly read: (path: string) => string | null;
  readonly now: () => number;
}

/** This machine. */
export const thisMachine: MeterPlaces = {
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  now: () => performance.now(),
};

const numberIn = (places: MeterPlaces, path: string): number | null => {
  const text = places.read(path)?.trim();
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

/** Counters of whole CPU packages; their parts (cores, memory) would be counted twice. */
const raplMeter = (places: MeterPlaces): Meter | null => {
  const root = '/sys/class/powercap';
  const zones = places
    .list(root)
    .filter((name) => /^(?:intel|amd)-rapl:\d+$/.test(name))
    .filter((name) => numberIn(places, `${root}/${name}/energy_uj`) !== null);
  if (zones.length === 0) return null;
  const reading = (): number[] => zones.map((zone) => numberIn(places, `${root}/${zone}/energy_uj`) ?? Number.NaN);
  return {
    source: `RAPL counters of ${zones.length} CPU package${zones.length === 1 ? '' : 's'} (everything that ran on them)`,
    begin: () => {
      const before = reading();
      return () => {
        let microjoules = 0;
        for (const [at, after] of reading().entries()) {
          // The counter begins again at its range.
          const range = numberIn(places, `${root}/${zones[at]!}/max_energy_range_uj`) ?? 0;
          const difference = after - before[at]!;
          microjoules += difference < 0 ? difference + range : difference;
        }
        return microjoules / 1e6;
      };
    },
  };
};

/** The drain of a battery while nothing charges it. */
const batteryMeter = (places: MeterPlaces): Meter | null => {
  const root = '/sys/class/power_supply';
  const battery = places
    .list(root)
    .filter((name) => name.startsWith('BAT'))
    .find((name) => places.read(`${root}/${name}/status`)?.trim() === 'Discharging');
  if (battery === undefined) return null;
  const watts = (): number | null => {
    const power = numberIn(places, `${root}/${battery}/power_now`);
    if (power !== null) return power / 1e6;
    const [current, voltage] = ['current_now', 'voltage_now'].map((name) =>
      numberIn(places, `${root}/${battery}/${name}`),
    );
    return current === null || voltage === null ? null : (current! * voltage!) / 1e12;
  };
  if (watts() === null) return null;
  return {
    source: `drain of ${battery} (the whole machine, two readings a run)`,
    begin: () => {
      const [start, first] = [places.now(), watts() ?? Number.NaN];
      return () => ((first + (watts() ?? Number.NaN)) / 2) * ((places.now() - start) / 1000);
    },
  };
};

/** A meter of this machine, or null where there is none that may be read. Source: Linux powercap (RAPL) and power_supply classes. */
export const findMeter = (places: MeterPlaces = thisMachine): Meter | null => raplMeter(places) ?? batteryMeter(places);
