/** What can be wrong with a sensor: each has words in `sensorProblem.…`, and what to do in `sensorDo.…`. */
export const SENSOR_PROBLEMS = ['silent', 'late', 'gaps', 'frozen', 'clock-skew'] as const
