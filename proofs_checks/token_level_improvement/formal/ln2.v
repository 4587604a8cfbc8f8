(* LN2: the truncated softmax policy stays within conditional coverage of the base policy at every action.

   For every finite list of actions, base policy (masses may be zero, not that of the anchor), dimension,
   positive definite [S], features relative to the anchor, parameters, [nu >= 0] and [beta > 0]: with [I] the
   actions whose features are at most [nu] in the inverse of [S], [c = nu |theta - theta*|_S/beta], and [pi]
   the policy of [theta] with features used on [I] only,
   [pi(a) <= e^(2c) pi*(a)/pi*(I)] on [I],
   [pi(a) <= e^c (pi*(anchor)/base(anchor))/pi*(I) base(a)] off [I], and, if [pi* <= C base],
   [pi(a) <= e^(2c) C/(1 - C base(rest)) base(a)] everywhere, where this is positive. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums Laws Tilts Truncation Matrices Norms.
Import ListNotations.
Open Scope R_scope.

(** * Definitions *)

Section Statement.
Context {A : Type}.
Implicit Types (phi : A -> vector).

(* Actions of short features; [square] is the squared norm in the inverse. *)
Definition short (d : nat) (S : matrix) (nu : R) phi : A -> bool :=
  fun a => if Rle_dec (square d S (phi a)) (nu * nu) then true else false.

(* [<theta, phi>] *)
Definition score (d : nat) (theta : vector) phi : A -> R := fun a => dot d theta (phi a).

(* [nu |theta - theta*|_S/beta] *)
Definition exponent (d : nat) (S : matrix) (nu beta : R) (theta best : vector) : R :=
  nu * sqrt (form d S (fun i => theta i - best i)) / beta.

End Statement.

(** * The proof *)

Lemma dot_minus d u v w : dot d (fun i => u i - v i) w = dot d u w - dot d v w.
Proof.
  replace (dot d u w - dot d v w) with (dot d u w + -1 * dot d v w) by ring.
  unfold dot. rewrite <- sum_below_scale, <- sum_below_plus. apply sum_below_ext. intros; ring.
Qed.

(* On [I] the two scores differ by at most [c beta], by Cauchy and Schwarz. *)
Lemma scores_near {A} (Y : list A) d S nu beta phi theta best anchor :
  0 < beta -> symmetric S -> positive d S -> 0 <= nu -> (forall i, phi anchor i = 0) ->
  accurate Y (score d best phi) (score d theta phi) (short d S nu phi) anchor beta
    (exponent d S nu beta theta best).
Proof.
  intros hbeta hs hp hnu relative_features a there here.
  assert (hsquare : square d S (phi a) <= nu * nu).
  { unfold short in here. destruct (Rle_dec (square d S (phi a)) (nu * nu)); [assumption|discriminate]. }
  assert (zero : score d best phi anchor = 0).
  { unfold score, dot. apply sum_below_zero. intros i _. rewrite relative_features. ring. }
  unfold relative. rewrite zero, Rminus_0_r. unfold score at 1 2. rewrite <- dot_minus.
  set (u := fun i => theta i - best i). unfold exponent. fold u.
  replace (nu * sqrt (form d S u) / beta * beta) with (nu * sqrt (form d S u)) by (field; lra).
  pose proof (form_nonneg d S u hs hp) as hf. pose proof (sqrt_pos (form d S u)) as hr.
  rewrite <- (Rabs_pos_eq (nu * sqrt (form d S u))) by (apply Rmult_le_pos; assumption).
  apply Rsqr_le_abs_0. unfold Rsqr.
  replace (nu * sqrt (form d S u) * (nu * sqrt (form d S u)))
    with (nu * nu * (sqrt (form d S u) * sqrt (form d S u))) by ring.
  rewrite sqrt_sqrt by exact hf.
  pose proof (cauchy_schwarz d S u (phi a) hs hp). nra.
Qed.

Lemma exponent_nonneg d S nu beta theta best : 0 < beta -> 0 <= nu -> 0 <= exponent d S nu beta theta best.
Proof.
  intros hb hn. unfold exponent. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, hb].
  apply Rmult_le_pos; [exact hn|apply sqrt_pos].
Qed.

(* [1 - C base(rest) <= pi*(I)] *)
Lemma optimal_mass_at_least {A} (Y : list A) base r inside beta C :
  is_law Y base -> (forall a, In a Y -> optimal Y base r beta a <= C * base a) ->
  1 - C * mass_off Y base inside <= optimal_mass Y base r inside beta.
Proof.
  intros law cover. pose proof (on_and_off Y (optimal Y base r beta) inside) as total.
  rewrite (proj2 (optimal_law Y base r beta law)) in total. unfold optimal_mass.
  assert (mass_off Y (optimal Y base r beta) inside <= C * mass_off Y base inside); [|lra].
  unfold mass_off, mean. rewrite <- sum_scale. apply sum_le. intros a there. pose proof (cover a there).
  unfold off. destruct (inside a); lra.
Qed.

(** * The theorem *)

Theorem conditional_coverage_kept {A} (Y : list A) base d S nu beta phi theta best anchor :
  0 < beta -> is_law Y base -> In anchor Y -> 0 < base anchor -> (forall i, phi anchor i = 0) ->
  symmetric S -> positive d S -> 0 <= nu ->
  let pi := truncated_policy Y base (score d theta phi) (short d S nu phi) beta in
  let optimum := optimal Y base (score d best phi) beta in
  let kept := optimal_mass Y base (score d best phi) (short d S nu phi) beta in
  let c := exponent d S nu beta theta best in
  forall a, In a Y ->
  (short d S nu phi a = true -> pi a <= exp (2 * c) * optimum a / kept)
  /\ (short d S nu phi a = false -> pi a <= exp c * (optimum anchor / base anchor) / kept * base a)
  /\ (forall C, (forall b, In b Y -> optimum b <= C * base b) ->
      0 < 1 - C * mass_off Y base (short d S nu phi) ->
      pi a <= exp (2 * c) * C / (1 - C * mass_off Y base (short d S nu phi)) * base a).
Proof.
  intros hbeta law there' present relative_features hs hp hnu pi optimum kept c a there.
  pose proof (scores_near Y d S nu beta phi theta best anchor hbeta hs hp hnu relative_features) as near.
  assert (at_anchor : short d S nu phi anchor = true).
  { unfold short. destruct Rle_dec as [le|gt]; [reflexivity|exfalso; apply gt].
    destruct (solvable d S (phi anchor) hp) as [w hw]. rewrite (square_by_solution d S w _ hs hp hw).
    unfold dot. rewrite sum_below_zero; [nra|]. intros i _. rewrite relative_features. ring. }
  pose proof (exponent_nonneg d S nu beta theta best hbeta hnu) as hc. fold c in hc.
  pose proof (mass_pos Y base (score d best phi) (short d S nu phi) anchor beta hbeta law there' present at_anchor)
    as hM. fold kept in hM.
  assert (on : short d S nu phi a = true -> pi a <= exp (2 * c) * optimum a / kept).
  { intros here. apply on_the_set with (y' := anchor); assumption. }
  assert (off : short d S nu phi a = false -> pi a <= exp c * (optimum anchor / base anchor) / kept * base a).
  { intros here. apply off_the_set; assumption. }
  split; [exact on|split; [exact off|]]. intros C cover positive.
  pose proof (optimal_mass_at_least Y base _ (short d S nu phi) beta C law cover) as least. fold kept in least.
  pose proof (exp_pos c) as ec. pose proof (exp_pos (2 * c)) as e2c.
  assert (grow : exp c <= exp (2 * c)).
  { destruct (Req_dec c 0) as [->|other]; [rewrite Rmult_0_r; lra|left; apply exp_increasing; lra]. }
  pose proof (proj1 law a there) as hb. pose proof (cover anchor there') as at_y'.
  assert (hC : 0 <= C).
  { pose proof (proj1 (optimal_law Y base (score d best phi) beta law) anchor there') as H. fold optimum in H.
    apply (Rmult_le_reg_r (base anchor)); [exact present|]. lra. }
  assert (inverse_least : / kept <= / (1 - C * mass_off Y base (short d S nu phi)))
    by (apply Rinv_le_contravar; assumption).
  pose proof (Rinv_0_lt_compat _ hM) as hI.
  assert (both : pi a <= exp (2 * c) * (C * base a) * / kept).
  { destruct (short d S nu phi a) eqn:here.
    - eapply Rle_trans; [apply on; reflexivity|]. unfold Rdiv. apply Rmult_le_compat_r; [lra|].
      apply Rmult_le_compat_l; [lra|]. apply cover, there.
    - eapply Rle_trans; [apply off; reflexivity|]. unfold Rdiv.
      replace (exp (2 * c) * (C * base a) * / kept) with (exp (2 * c) * C * / kept * base a) by ring.
      apply Rmult_le_compat_r; [exact hb|]. apply Rmult_le_compat_r; [lra|].
      apply Rmult_le_compat; try lra.
      + apply Rmult_le_pos; [apply (proj1 (optimal_law Y base _ beta law) anchor there')|].
        left. apply Rinv_0_lt_compat, present.
      + apply (Rmult_le_reg_r (base anchor)); [exact present|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  eapply Rle_trans; [exact both|]. unfold Rdiv.
  replace (exp (2 * c) * C * / (1 - C * mass_off Y base (short d S nu phi)) * base a)
    with (exp (2 * c) * (C * base a) * / (1 - C * mass_off Y base (short d S nu phi))) by ring.
  apply Rmult_le_compat_l; [|exact inverse_least]. apply Rmult_le_pos; [lra|]. apply Rmult_le_pos; assumption.
Qed.

(** * The printed form *)

(* The anchor and one truncated action of base mass 1/4, [theta = theta* = -ln 10], features 0 and 1,
   [S = 1], [nu = 1/2], [beta = 1]: off [I] the policy is the base policy, ratio 1; the printed bound, with the
   action's own ratio [pi*(a)/base(a) = 4/31], is [(4/31)/(1 - (40/31)/4) = 4/21]. *)
Definition pair : list bool := [false; true].
Definition quarters : bool -> R := fun b => if b then 1 / 4 else 3 / 4.
Definition feature : bool -> vector := fun b _ => if b then 1 else 0.
Definition down : vector := fun _ => - ln 10.

Lemma quarters_law : is_law pair quarters.
Proof. split; [intros [|] _|]; unfold quarters, pair; simpl; lra. Qed.

Lemma identity_symmetric : symmetric identity.
Proof. intros i j. unfold identity. rewrite PeanoNat.Nat.eqb_sym. reflexivity. Qed.

Lemma only_anchor b : short 1 identity (1 / 2) feature b = negb b.
Proof.
  unfold short. destruct Rle_dec as [le|gt]; destruct b; try reflexivity; exfalso;
    unfold square, reduced, schur, identity, feature in *; simpl in *; lra.
Qed.

Lemma optimum_of b : optimal pair quarters (score 1 down feature) 1 b = if b then 1 / 31 else 30 / 31.
Proof.
  assert (tenth : forall b, exp (score 1 down feature b / 1) = if b then / 10 else 1).
  { intros [|]; unfold score, dot, down, feature; simpl.
    - replace ((- ln 10 * 1 + 0) / 1) with (- ln 10) by field. rewrite exp_Ropp, exp_ln by lra. reflexivity.
    - replace ((- ln 10 * 0 + 0) / 1) with 0 by field. apply exp_0. }
  unfold optimal, partition, mean, pair, quarters. simpl. rewrite !tenth. destruct b; field.
Qed.

Lemma policy_at_the_truncated :
  truncated_policy pair quarters (score 1 down feature) (short 1 identity (1 / 2) feature) 1 true = 1 / 4.
Proof.
  assert (flat : forall b, truncated (score 1 down feature) (short 1 identity (1 / 2) feature) b / 1 = 0).
  { intros b. unfold truncated. rewrite only_anchor. destruct b; simpl; [field|].
    unfold score, dot, feature. simpl. field. }
  unfold truncated_policy, tilt, optimal, partition, mean, pair, quarters. simpl. rewrite !flat, exp_0. field.
Qed.

Lemma no_error : exponent 1 identity (1 / 2) 1 down down = 0.
Proof.
  unfold exponent. replace (form 1 identity (fun i => down i - down i)) with 0
    by (unfold form, dot, times, identity; simpl; ring). rewrite sqrt_0. field.
Qed.

(* What a bound on the policy at every action must be there: [1/4] at most. *)
Definition everywhere (bound : forall (Y : list bool) (base : bool -> R) (d : nat) (S : matrix) (nu beta : R)
    (phi : bool -> vector) (theta best : vector) (C : R), bool -> R) : Prop :=
  forall (Y : list bool) base d S nu beta phi theta best anchor C,
  0 < beta -> is_law Y base -> In anchor Y -> 0 < base anchor -> (forall i, phi anchor i = 0) ->
  symmetric S -> positive d S -> 0 <= nu ->
  (forall b, In b Y -> optimal Y base (score d best phi) beta b <= C * base b) ->
  0 < 1 - C * mass_off Y base (short d S nu phi) ->
  forall a, In a Y ->
  truncated_policy Y base (score d theta phi) (short d S nu phi) beta a
  <= bound Y base d S nu beta phi theta best C a.

Lemma truncated_action bound :
  everywhere bound -> 1 / 4 <= bound pair quarters 1%nat identity (1 / 2) 1 feature down down (40 / 31) true.
Proof.
  intros H. rewrite <- policy_at_the_truncated. apply (H pair quarters) with (anchor := false); try lra.
  - exact quarters_law.
  - left; reflexivity.
  - unfold quarters; lra.
  - reflexivity.
  - exact identity_symmetric.
  - simpl; unfold identity; simpl; lra.
  - intros b _. rewrite optimum_of. unfold quarters. destruct b; lra.
  - unfold mass_off, mean, pair, off, quarters. simpl. rewrite !only_anchor. simpl. lra.
  - right; left; reflexivity.
Qed.

Theorem as_printed_is_false : ~ everywhere (fun Y base d S nu beta phi theta best C a =>
  exp (4 * exponent d S nu beta theta best) * optimal Y base (score d best phi) beta a
  / (1 - C * mass_off Y base (short d S nu phi))).
Proof.
  intros H. apply truncated_action in H. rewrite no_error, Rmult_0_r, exp_0, optimum_of in H.
  unfold mass_off, mean, pair, off, quarters in H. simpl in H. rewrite !only_anchor in H. simpl in H. lra.
Qed.

(* Nor does the bound for [I] hold at truncated actions, with the mass of [I] under [pi*]. *)
Theorem one_bound_for_all_is_false : ~ everywhere (fun Y base d S nu beta phi theta best _ a =>
  exp (2 * exponent d S nu beta theta best) * optimal Y base (score d best phi) beta a
  / optimal_mass Y base (score d best phi) (short d S nu phi) beta).
Proof.
  intros H. apply truncated_action in H. rewrite no_error, Rmult_0_r, exp_0, optimum_of in H.
  unfold optimal_mass, mass_on, mean, pair, on in H. simpl in H.
  rewrite !only_anchor, !optimum_of in H. simpl in H. lra.
Qed.
